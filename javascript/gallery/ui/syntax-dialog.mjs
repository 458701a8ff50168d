import { html } from '../vendor/preact/standalone.mjs';
import { Dialog } from './dialog.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

/** What can be typed, and the key of what it finds. @type {[string, string][]} */
const EXAMPLES = [
  ['fox snow', 'syntax.words'],
  ['"red fox"', 'syntax.phrase'],
  ['-blurry', 'syntax.without'],
  ['fox OR wolf', 'syntax.or'],
  ['model:dream', 'syntax.field'],
  ['tag:favourite', 'syntax.tag'],
  ['rating:>=4', 'syntax.rating'],
  ['date:2025-03', 'syntax.date'],
  ['steps:20..30', 'syntax.range'],
  ['type:video', 'syntax.type'],
  ['ratio:portrait', 'syntax.ratio'],
  ['has:workflow', 'syntax.has'],
  ['re:/fox.*snow/', 'syntax.regex'],
];

/**
 * The language of the search field by examples; each can be tried.
 * @param {{t: Translate, onTry: (term: string) => void, onClose: () => void}} props
 */
export function SyntaxDialog({ t, onTry, onClose }) {
  const row = ([term, key] = ['', '']) => html`<div key=${term}>
    <dt><button type="button" class="syntax__term" onClick=${() => onTry(term)}>${term}</button></dt>
    <dd>${t(key)}</dd>
  </div>`;
  return html`<${Dialog}
    title=${t('syntax.title')}
    dismiss=${t('dialog.close')}
    kind="is-folders is-syntax"
    onClose=${onClose}
  >
    <p class="dialog__text">${t('syntax.text')}</p>
    <dl>${EXAMPLES.map(row)}</dl>
  <//>`;
}
