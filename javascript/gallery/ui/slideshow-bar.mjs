import { html } from '../vendor/preact/standalone.mjs';
import { IconButton } from './button.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

/**
 * @typedef {Object} SlideshowBarProps
 * @property {Translate} t
 * @property {number[]} paces  what there is, in seconds
 * @property {number} pace
 * @property {boolean} shuffle
 * @property {string} hint  the key that stops it
 * @property {(pace: number) => void} onPace
 * @property {() => void} onShuffle
 * @property {() => void} onStop
 */

/**
 * What can be done with the slideshow while it runs.
 * @param {SlideshowBarProps} props
 */
export function SlideshowBar({ t, paces, pace, shuffle, hint, onPace, onShuffle, onStop }) {
  const button = (/** @type {number} */ seconds) => {
    const title = t('viewer.pace.each', { count: seconds, number: seconds });
    return html`<button
      type="button"
      key=${seconds}
      class="slideshow__pace"
      aria-pressed=${seconds === pace}
      title=${title}
      aria-label=${title}
      onClick=${() => onPace(seconds)}
    >
      ${t('viewer.pace.short', { number: seconds })}
    </button>`;
  };
  return html`<div class="slideshow-place">
    <div class="slideshow" role="group" aria-label=${t('viewer.slideshow')}>
      <${IconButton} icon="pause" label=${t('viewer.pause')} hint=${hint} onClick=${onStop} />
      <div class="slideshow__paces" role="group" aria-label=${t('viewer.pace')}>${paces.map(button)}</div>
      <${IconButton} icon="shuffle" label=${t('viewer.shuffle')} pressed=${shuffle} onClick=${onShuffle} />
    </div>
  </div>`;
}
