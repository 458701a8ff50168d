import { html } from '../vendor/preact/standalone.mjs';
import { bound } from '../lib/keys.mjs';
import { size } from '../lib/selection.mjs';
import { stackedText } from '../lib/stacks.mjs';
import { keyOf } from '../ui/key-words.mjs';
import { SelectionBar } from '../ui/selection-bar.mjs';
import { Stars } from '../ui/stars.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Item} Item */

/**
 * The bar of what is selected.
 * @param {Pick<Parts, 'commands'|'contextMenu'|'marks'|'selection'|'store'|'subjects'|'words'>} props
 */
export function Selected({ commands, contextMenu, marks, selection, store, subjects, words }) {
  const { t, formats } = words;
  const { ownKeys, selection: selected, totals } = store.state;
  const count = size(selected);
  if (!count) return null;
  const subject = subjects.current();
  const bytes = selected.everything || subject.isFolded ? [] : subject.items;
  const keys = bound(ownKeys);
  const fitting = commands.fitting(subject);
  const { folders, readOnly } = subject.extent;
  const rate = (/** @type {number} */ rating) => marks.rate(subject, rating);
  const stars = html`<${Stars} t=${t} rating=${commonRating(marks, subject.items)} onRate=${rate} />`;
  return html`<${SelectionBar}
    t=${t}
    summary=${subject.stacks ? stackedText(subject, words) : summaryOf(subject.count, bytes, words)}
    all=${count < totals.files ? t('selection.all', { number: formats.number(totals.files) }) : ''}
    commands=${fitting.filter((command) => command.inBar || command.name === 'compare')}
    marks=${!readOnly && !folders && stars}
    liked=${subject.items.length > 0 && subject.items.every((item) => marks.of(item).liked)}
    run=${(/** @type {string} */ name) => commands.run(name)}
    hint=${(/** @type {string} */ action) => keyOf(keys, action, t)}
    onAll=${() => selection.all()}
    onClear=${() => selection.clear()}
    onMenu=${(/** @type {number} */ x, /** @type {number} */ y) => contextMenu.open(subject, x, y)}
  />`;
}

/**
 * @param {number} count
 * @param {Item[]} items  as far as they are known
 * @param {Parts['words']} words
 */
function summaryOf(count, items, { t, formats }) {
  const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
  const number = t('selection.count', { count, number: formats.number(count) });
  return bytes > 0 ? `${number} · ${formats.bytes(bytes)}` : number;
}

/**
 * The rating that all of the files have; 0 where they differ.
 * @param {Parts['marks']} marks
 * @param {Item[]} items
 */
function commonRating(marks, items) {
  const ratings = new Set(items.map((item) => marks.of(item).rating));
  return ratings.size === 1 ? [...ratings][0] : 0;
}
