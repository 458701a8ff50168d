import { html, useState } from '../vendor/preact/standalone.mjs';
import { Button } from './button.mjs';
import { Dialog, DialogButtons } from './dialog.mjs';
import { valueOf } from './events.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

/**
 * @typedef {Object} TextDialogProps
 * @property {Translate} t
 * @property {string} name
 * @property {string} text
 * @property {(text: string) => Promise<boolean>} onText  answers whether it was written
 * @property {() => void} onClose
 */

/**
 * Edits the infotext that a picture carries.
 * @param {TextDialogProps} props
 */
export function TextDialog({ t, name, text, onText, onClose }) {
  const [value, setValue] = useState(text);
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    if (await onText(value)) onClose();
    else setBusy(false);
  };
  const dismiss = t('dialog.cancel');
  const isSaved = busy || value === text;
  const onInput = (/** @type {Event} */ event) => setValue(valueOf(event));
  return html`<${Dialog} title=${t('dialog.editText')} dismiss=${dismiss} kind="is-wide" onClose=${onClose}>
    <label class="field is-tall">
      <span>${name}</span>
      <textarea rows="14" spellcheck=${false} dir="auto" value=${value} onInput=${onInput}></textarea>
    </label>
    <${DialogButtons} hint=${t('dialog.pixelsStay')}>
      <${Button} label=${dismiss} onClick=${onClose} />
      <${Button} label=${t('dialog.save')} kind="is-primary" disabled=${isSaved} onClick=${save} />
    <//>
  <//>`;
}
