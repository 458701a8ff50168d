import { html } from '../vendor/preact/standalone.mjs';
import { Icon } from './icons.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

/**
 * Five stars to click; the one that is set clears them.
 * @param {{t: Translate, rating: number, inMenu?: boolean, onRate: (rating: number) => void}} props  inMenu: they are items of a menu
 */
export function Stars({ t, rating, inMenu = false, onRate }) {
  return html`<div class="stars" role="group" aria-label=${t('marks.rating')}>
    ${[1, 2, 3, 4, 5].map(
      (
        star,
      ) => html`<button type="button" class=${`star ${star <= rating ? 'is-set' : ''}`} title=${t('marks.stars', { count: star })}
      aria-label=${t('marks.stars', { count: star })} role=${inMenu ? 'menuitemradio' : null} tabindex=${inMenu ? -1 : null}
      aria-checked=${inMenu ? star === rating : null} aria-pressed=${inMenu ? null : star === rating} onClick=${() => onRate(star === rating ? 0 : star)}><${Icon} name="star" /></button>`,
    )}
  </div>`;
}

/**
 * @param {{label: string, liked: boolean, onLike: () => void}} props
 */
export function Heart({ label, liked, onLike }) {
  return html`<button type="button" class=${`icon-button heart ${liked ? 'is-set' : ''}`} title=${label} aria-label=${label} aria-pressed=${liked} onClick=${onLike}>
    <${Icon} name="heart" /></button>`;
}
