import { html } from '../vendor/preact/standalone.mjs';
import { marksIn } from '../lib/needles.mjs';
import { terms } from '../lib/prompt.mjs';

/** @typedef {ReturnType<typeof import('../lib/needles.mjs').needlesOf>} Needles */
/** @typedef {import('../lib/prompt.mjs').MarkedPiece} MarkedPiece */

/**
 * @typedef {Object} PromptTextProps
 * @property {string} text
 * @property {'prompt'|'negative'} field
 * @property {Needles} needles
 * @property {(query: string) => string} searchOf  address of a search
 */

/**
 * A prompt with its weights as weight of type, its LoRA tags as chips, and what was searched
 * marked. A click on a term searches it; by key that is the search field's business, as two hundred
 * stops would be in the way of everything else.
 * @param {PromptTextProps} props
 */
export function PromptText({ text, field, needles, searchOf }) {
  const word = (/** @type {MarkedPiece[]} */ pieces, /** @type {string} */ search) => {
    const href = searchOf(`${field}:"${search}"`);
    return html`<a class="word" href=${href} tabindex="-1" draggable=${false}>${pieces.map(Span)}</a>`;
  };
  const rest = (/** @type {MarkedPiece} */ piece) =>
    piece.lora === null ? Span(piece) : html`<${Lora} piece=${piece} searchOf=${searchOf} />`;
  const shown = terms(text, marksIn(text, needles));
  return html`<p class="prompt" dir="auto">
    ${shown.map(({ pieces, search }) => (search ? word(pieces, search) : pieces.map(rest)))}
  </p>`;
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
  const kind = piece.marked ? 'is-marked' : '';
  const weight = piece.weight !== 1 && html`<small>${piece.weight}</small>`;
  return html`<a class=${`chip ${kind}`} href=${searchOf(`lora:"${name}"`)} title=${piece.text}>
    ${name}${weight}
  </a>`;
}

/** @param {number} weight */
function weightClass(weight) {
  if (weight >= 1.25) return 'is-heavier';
  if (weight > 1.01) return 'is-heavy';
  return weight < 0.99 ? 'is-light' : '';
}
