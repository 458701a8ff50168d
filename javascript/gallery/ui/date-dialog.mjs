import { html, useLayoutEffect, useRef, useState } from '../vendor/preact/standalone.mjs';
import { Button } from './button.mjs';
import { Dialog, DialogButtons } from './dialog.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

/**
 * Asks for a day.
 * @param {{t: Translate, from: number, to: number, onDate: (seconds: number) => void, onClose: () => void}} props  from, to: the days there are, in seconds
 */
export function DateDialog({ t, from, to, onDate, onClose }) {
  const field = useRef(/** @type {HTMLInputElement|null} */ (null));
  const [text, setText] = useState(dayText(to));
  useLayoutEffect(() => field.current?.focus(), []);
  const [year, month, day] = text.split('-').map(Number);
  const submit = () => text && onDate(new Date(year, month - 1, day).getTime() / 1000);
  return html`<${Dialog} title=${t('timeline.go')} dismiss=${t('dialog.cancel')} onClose=${onClose} onSubmit=${submit}>
    <label class="field"><span>${t('sort.date')}</span>
      <input ref=${field} type="date" min=${dayText(from)} max=${dayText(to)} value=${text}
        onInput=${(/** @type {Event} */ event) => setText(/** @type {HTMLInputElement} */ (event.target).value)} /></label>
    <${DialogButtons}>
      <${Button} label=${t('dialog.cancel')} onClick=${onClose} />
      <${Button} label=${t('timeline.show')} kind="is-primary" submit=${true} disabled=${!text} />
    <//>
  <//>`;
}

/** @param {number} seconds */
function dayText(seconds) {
  const date = new Date(seconds * 1000);
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`;
}
