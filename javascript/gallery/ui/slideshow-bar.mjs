import { html } from '../vendor/preact/standalone.mjs';
import { IconButton } from './button.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

/**
 * What can be done with the slideshow while it runs.
 * @param {{t: Translate, paces: number[], pace: number, shuffle: boolean, hint: string,
 * onPace: (pace: number) => void, onShuffle: () => void, onStop: () => void}} props  paces: what
 * there is, in seconds; hint: the key that stops it
 */
export function SlideshowBar({ t, paces, pace, shuffle, hint, onPace, onShuffle, onStop }) {
  return html`<div class="slideshow-place"><div class="slideshow" role="group" aria-label=${t('viewer.slideshow')}>
    <${IconButton} icon="pause" label=${t('viewer.pause')} hint=${hint} onClick=${onStop} />
    <div class="slideshow__paces" role="group" aria-label=${t('viewer.pace')}>
      ${paces.map(
        (
          seconds,
        ) => html`<button type="button" key=${seconds} class="slideshow__pace" aria-pressed=${seconds === pace}
        title=${t('viewer.pace.each', { count: seconds, number: seconds })} aria-label=${t('viewer.pace.each', { count: seconds, number: seconds })}
        onClick=${() => onPace(seconds)}>${t('viewer.pace.short', { number: seconds })}</button>`,
      )}
    </div>
    <${IconButton} icon="shuffle" label=${t('viewer.shuffle')} pressed=${shuffle} onClick=${onShuffle} />
  </div></div>`;
}
