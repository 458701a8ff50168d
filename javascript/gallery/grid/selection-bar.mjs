import { html } from '../vendor/preact/standalone.mjs';
import { bound } from '../lib/keys.mjs';
import { size } from '../lib/selection.mjs';
import { keyOf } from '../ui/key-words.mjs';
import { SelectionBar } from '../ui/selection-bar.mjs';
import { Stars } from '../ui/stars.mjs';

/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

/**
 * The bar of what is selected.
 * @param {{gallery: Gallery}} props
 */
export function Selected({ gallery }) {
  const {
    commanding,
    selecting,
    menus,
    words: { t, formats },
  } = gallery;
  const { selection, totals } = gallery.state;
  const count = size(selection);
  if (!count) return null;
  const subject = gallery.acting.subject();
  const keys = bound(gallery.state.ownKeys);
  const bytes = selection.everything ? 0 : subject.items.reduce((sum, item) => sum + item.bytes, 0);
  const words = [
    t('selection.count', { count, number: formats.number(count) }),
    bytes > 0 && formats.bytes(bytes),
  ];
  return html`<${SelectionBar} t=${t} summary=${words.filter(Boolean).join(' · ')}
    all=${count < totals.files ? t('selection.all', { number: formats.number(totals.files) }) : ''}
    commands=${commanding.fitting(subject).filter((command) => command.inBar || command.name === 'compare')}
    marks=${
      !subject.extent.readOnly &&
      !subject.extent.folders &&
      html`<${Stars} t=${t} rating=${common(gallery, subject.items)}
      onRate=${(/** @type {number} */ rating) => gallery.marking.rate(subject, rating)} />`
    }
    run=${(/** @type {string} */ name) => commanding.run(name)} hint=${(/** @type {string} */ action) => keyOf(keys, action, t)} onAll=${() => selecting.all()} onClear=${() => selecting.clear()}
    onMenu=${(/** @type {number} */ x, /** @type {number} */ y) => menus.open(subject, x, y)} />`;
}

/**
 * The stars that all of the files have; 0 where they differ.
 * @param {Gallery} gallery
 * @param {import('../lib/types.mjs').Item[]} items
 */
function common({ marking }, items) {
  const ratings = new Set(items.map((item) => marking.of(item).rating));
  return ratings.size === 1 ? [...ratings][0] : 0;
}
