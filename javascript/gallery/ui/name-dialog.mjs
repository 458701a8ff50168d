import { html, useLayoutEffect, useRef, useState } from '../vendor/preact/standalone.mjs';
import { Button } from './button.mjs';
import { Dialog, DialogButtons } from './dialog.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

/**
 * Asks for the new name of a file. What comes before the extension is marked, so that typing
 * replaces just that.
 * @param {{t: Translate, name: string, isFolder: boolean, onName: (name: string) => void, onClose: () => void}} props
 */
export function NameDialog({ t, name, isFolder, onName, onClose }) {
  const field = useRef(/** @type {HTMLInputElement|null} */ (null));
  const [text, setText] = useState(name);
  useLayoutEffect(() => {
    const dot = isFolder ? -1 : name.lastIndexOf('.');
    field.current?.focus();
    field.current?.setSelectionRange(0, dot > 0 ? dot : name.length);
  }, []);
  const wanted = text.trim();
  const submit = () => wanted && wanted !== name && onName(wanted);
  return html`<${Dialog} title=${t('dialog.rename')} dismiss=${t('dialog.cancel')} onClose=${onClose} onSubmit=${submit}>
    <label class="field"><span>${t('dialog.name')}</span>
      <input ref=${field} type="text" autocomplete="off" spellcheck=${false} value=${text}
        onInput=${(/** @type {Event} */ event) => setText(/** @type {HTMLInputElement} */ (event.target).value)} /></label>
    <${DialogButtons}>
      <${Button} label=${t('dialog.cancel')} onClick=${onClose} />
      <${Button} label=${t('action.rename')} kind="is-primary" submit=${true} disabled=${!wanted || wanted === name} />
    <//>
  <//>`;
}
