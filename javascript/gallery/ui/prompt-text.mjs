import { html } from '../vendor/preact/standalone.mjs';
import { pieces } from '../lib/prompt.mjs';

/**
 * A prompt with its weights as weight of type and its LoRA tags as chips.
 * @param {{text: string}} props
 */
export function PromptText({ text }) {
  return html`<p class="prompt" dir="auto">${pieces(text).map((piece) => (piece.lora === null
    ? html`<span class=${weightClass(piece.weight)}>${piece.text}</span>`
    : html`<span class="chip" title=${piece.text}>${piece.lora}${piece.weight !== 1 && html`<small>${piece.weight}</small>`}</span>`))}</p>`;
}

/** @param {number} weight */
function weightClass(weight) {
  if (weight >= 1.25) return 'is-heavier';
  if (weight > 1.01) return 'is-heavy';
  return weight < 0.99 ? 'is-light' : '';
}
