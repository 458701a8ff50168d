import { html } from '../vendor/preact/standalone.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/**
 * @typedef {Object} Download  in bytes
 * @property {number} done
 * @property {number} total
 * @property {number} [rate]  a second
 * @property {number|null} [seconds_left]
 */

/**
 * How much of a model has come.
 * @param {{download: Download, words: Parts['words']}} props
 */
export function Coming({
  download: { done, rate = 0, seconds_left: left = null, total },
  words: { t, formats },
}) {
  const texts = [t('vision.bytes', { done: formats.bytes(done), total: formats.bytes(total) })];
  if (rate) texts.push(t('vision.bytesRate', { rate: formats.bytes(rate) }));
  if (left !== null) texts.push(leftText(left, t));
  return html`<div class="vision__seen">
    <progress max=${total || 1} value=${done} aria-label=${t('vision.download')}></progress>
    <span>${texts.join(' · ')}</span>
  </div>`;
}

/**
 * The time that is left, in words.
 * @param {number} seconds
 * @param {import('../lib/i18n.mjs').Translate} t
 */
export function leftText(seconds, t) {
  const minutes = Math.round(seconds / 60);
  return minutes < 1 ? t('index.soon') : t('index.left', { count: minutes, number: minutes });
}
