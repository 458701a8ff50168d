import { html, useState } from '../vendor/preact/standalone.mjs';
import { Button } from './button.mjs';
import { Dialog, DialogButtons } from './dialog.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

/**
 * Edits the infotext that a picture carries.
 * @param {{t: Translate, name: string, text: string, onText: (text: string) => Promise<boolean>, onClose: () => void}} props
 *     onText: answers whether it was kept
 */
export function TextDialog({ t, name, text, onText, onClose }) {
  const [value, setValue] = useState(text);
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    if (await onText(value)) onClose();
    else setBusy(false);
  };
  return html`<${Dialog} title=${t('dialog.editText')} dismiss=${t('dialog.cancel')} kind="is-wide" onClose=${onClose}>
    <label class="field is-tall"><span>${name}</span>
      <textarea rows="14" spellcheck=${false} dir="auto" value=${value}
        onInput=${(/** @type {Event} */ event) => setValue(/** @type {HTMLTextAreaElement} */ (event.target).value)}></textarea></label>
    <${DialogButtons} hint=${t('dialog.pixelsStay')}>
      <${Button} label=${t('dialog.cancel')} onClick=${onClose} />
      <${Button} label=${t('dialog.save')} kind="is-primary" disabled=${busy || value === text} onClick=${save} />
    <//>
  <//>`;
}
