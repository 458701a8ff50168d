import { html } from '../vendor/preact/standalone.mjs';
import { Button } from './button.mjs';
import { Dialog, DialogButtons } from './dialog.mjs';

/**
 * A question with a few answers; none of them is to close it.
 * @param {{title: string, text: string, cancel: string, choices: {label: string, kind?: string, onChoose: () => void}[], onClose: () => void}} props
 */
export function ChoiceDialog({ title, text, cancel, choices, onClose }) {
  return html`<${Dialog} title=${title} dismiss=${cancel} onClose=${onClose}>
    <p class="dialog__text">${text}</p>
    <${DialogButtons}>
      <${Button} label=${cancel} onClick=${onClose} />
      ${choices.map(({ label, kind, onChoose }) => html`<${Button} label=${label} kind=${kind} onClick=${onChoose} />`)}
    <//>
  <//>`;
}
