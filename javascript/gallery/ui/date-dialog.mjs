import { html, useLayoutEffect, useRef, useState } from '../vendor/preact/standalone.mjs';
import { Button } from './button.mjs';
import { Dialog, DialogButtons } from './dialog.mjs';
import { valueOf } from './events.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

/**
 * @typedef {Object} DateDialogProps
 * @property {Translate} t
 * @property {number} from  the first day there is, in seconds
 * @property {number} to  the last one
 * @property {(seconds: number) => void} onDate
 * @property {() => void} onClose
 */

/**
 * Asks for a day.
 * @param {DateDialogProps} props
 */
export function DateDialog({ t, from, to, onDate, onClose }) {
  const field = useRef(/** @type {HTMLInputElement|null} */ (null));
  const [text, setText] = useState(dayText(to));
  useLayoutEffect(() => field.current?.focus(), []);
  const [year, month, day] = text.split('-').map(Number);
  const submit = () => text && onDate(new Date(year, month - 1, day).getTime() / 1000);
  const dismiss = t('dialog.cancel');
  return html`<${Dialog} title=${t('timeline.go')} dismiss=${dismiss} onClose=${onClose} onSubmit=${submit}>
    <label class="field">
      <span>${t('sort.date')}</span>
      <input
        ref=${field}
        type="date"
        min=${dayText(from)}
        max=${dayText(to)}
        value=${text}
        onInput=${(/** @type {Event} */ event) => setText(valueOf(event))}
      />
    </label>
    <${DialogButtons}>
      <${Button} label=${dismiss} onClick=${onClose} />
      <${Button} label=${t('timeline.show')} kind="is-primary" submit=${true} disabled=${!text} />
    <//>
  <//>`;
}

/** @param {number} seconds */
function dayText(seconds) {
  const date = new Date(seconds * 1000);
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return parts.map((part) => String(part).padStart(2, '0')).join('-');
}
