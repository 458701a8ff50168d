import { html } from '../vendor/preact/standalone.mjs';
import { Button } from './button.mjs';
import { Dialog, DialogButtons } from './dialog.mjs';

/**
 * @typedef {{label: string, kind?: string, focused?: boolean, onChoose: () => void}} Choice
 *
 * @typedef {Object} ChoiceDialogProps
 * @property {string} title
 * @property {string} text
 * @property {string} cancel
 * @property {Choice[]} choices
 * @property {() => void} onClose
 */

/**
 * A question with a few answers; none of them is to close it.
 * @param {ChoiceDialogProps} props
 */
export function ChoiceDialog({ title, text, cancel, choices, onClose }) {
  const button = (/** @type {Choice} */ { onChoose, ...choice }) =>
    html`<${Button} ...${choice} onClick=${onChoose} />`;
  return html`<${Dialog} title=${title} dismiss=${cancel} onClose=${onClose}>
    <p class="dialog__text">${text}</p>
    <${DialogButtons}>
      <${Button} label=${cancel} onClick=${onClose} />
      ${choices.map(button)}
    <//>
  <//>`;
}
