import { html } from '../vendor/preact/standalone.mjs';

/** @typedef {import('../lib/format.mjs').Formats} Formats */
/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

/**
 * One quiet line while the index is being built.
 * @param {{t: Translate, formats: Formats, index: import('../lib/types.mjs').IndexStatus}} props
 */
export function IndexProgress({ t, formats, index }) {
  const { done, total, seconds_left: left } = index;
  const words = [total ? t('index.reading', { done: formats.number(done), total: formats.number(total) }) : t('index.looking')];
  if (total && left !== null) {
    const minutes = Math.round(left / 60);
    words.push(minutes ? t('index.left', { count: minutes, number: formats.number(minutes) }) : t('index.soon'));
  }
  return html`<div class="index-progress" role="status">
    <progress max=${total || 1} value=${total ? done : null} aria-label=${t('index.label')}></progress>
    <span>${words.join(' · ')}</span>
  </div>`;
}
