import { html } from '../vendor/preact/standalone.mjs';
import { marksIn } from '../lib/needles.mjs';
import { terms } from '../lib/prompt.mjs';

/** @typedef {ReturnType<typeof import('../lib/needles.mjs').needlesOf>} Needles */
/** @typedef {import('../lib/prompt.mjs').MarkedPiece} MarkedPiece */

/**
 * A prompt with its weights as weight of type, its LoRA tags as chips, and what was searched
 * marked. A click on a term searches it; by key that is the search field's business, as two hundred
 * stops would be in the way of everything else.
 * @param {{text: string, field: 'prompt'|'negative', needles: Needles, searchOf: (query: string) => string}} props  searchOf: address of a search
 */
export function PromptText({ text, field, needles, searchOf }) {
  return html`<p class="prompt" dir="auto">${terms(text, marksIn(text, needles)).map(({ pieces, search }) =>
    search
      ? html`<a class="word" href=${searchOf(`${field}:"${search}"`)} tabindex="-1" draggable=${false}>${pieces.map(Span)}</a>`
      : pieces.map((piece) =>
          piece.lora === null ? Span(piece) : html`<${Lora} piece=${piece} searchOf=${searchOf} />`,
        ),
  )}</p>`;
}

/** @param {MarkedPiece} piece */
function Span({ text, weight, marked }) {
  return marked
    ? html`<mark class=${weightClass(weight)}>${text}</mark>`
    : html`<span class=${weightClass(weight)}>${text}</span>`;
}

/** @param {{piece: MarkedPiece, searchOf: (query: string) => string}} props */
function Lora({ piece, searchOf }) {
  const name = piece.lora ?? '';
  return html`<a class=${`chip ${piece.marked ? 'is-marked' : ''}`} href=${searchOf(`lora:"${name}"`)} title=${piece.text}>${name}${
    piece.weight !== 1 && html`<small>${piece.weight}</small>`
  }</a>`;
}

/** @param {number} weight */
function weightClass(weight) {
  if (weight >= 1.25) return 'is-heavier';
  if (weight > 1.01) return 'is-heavy';
  return weight < 0.99 ? 'is-light' : '';
}
