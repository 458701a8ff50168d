import { html, useLayoutEffect, useRef, useState } from '../vendor/preact/standalone.mjs';
import { Button } from './button.mjs';
import { Dialog, DialogButtons } from './dialog.mjs';
import { valueOf } from './events.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

/**
 * @typedef {Object} NameDialogProps
 * @property {Translate} t
 * @property {string} name
 * @property {boolean} isFolder
 * @property {(name: string) => void} onName
 * @property {() => void} onClose
 */

/**
 * Asks for the new name of a file. What comes before the extension is marked, so that typing
 * replaces just that.
 * @param {NameDialogProps} props
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
  const isSame = !wanted || wanted === name;
  const dismiss = t('dialog.cancel');
  const onInput = (/** @type {Event} */ event) => setText(valueOf(event));
  return html`<${Dialog} title=${t('dialog.rename')} dismiss=${dismiss} onClose=${onClose} onSubmit=${submit}>
    <label class="field">
      <span>${t('dialog.name')}</span>
      <input
        ref=${field}
        type="text"
        autocomplete="off"
        spellcheck=${false}
        value=${text}
        onInput=${onInput}
      />
    </label>
    <${DialogButtons}>
      <${Button} label=${dismiss} onClick=${onClose} />
      <${Button} label=${t('action.rename')} kind="is-primary" submit=${true} disabled=${isSame} />
    <//>
  <//>`;
}
