import { html } from '../vendor/preact/standalone.mjs';
import { Icon } from './icons.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

/**
 * @typedef {Object} StarsProps
 * @property {Translate} t
 * @property {number} rating
 * @property {boolean} [inMenu]  they are items of a menu
 * @property {(rating: number) => void} onRate
 */

/**
 * Five stars to click; the one that is set clears them.
 * @param {StarsProps} props
 */
export function Stars(props) {
  const { t } = props;
  return html`<div class="stars" role="group" aria-label=${t('marks.rating')}>
    ${[1, 2, 3, 4, 5].map((star) => html`<${Star} ...${props} star=${star} />`)}
  </div>`;
}

/** @param {StarsProps & {star: number}} props */
function Star({ t, rating, inMenu = false, onRate, star }) {
  const isRating = star === rating;
  const label = t('marks.stars', { count: star });
  const role = inMenu
    ? { role: 'menuitemradio', tabindex: -1, 'aria-checked': isRating }
    : { 'aria-pressed': isRating };
  return html`<button
    type="button"
    class=${`star ${star <= rating ? 'is-set' : ''}`}
    title=${label}
    aria-label=${label}
    ...${role}
    onClick=${() => onRate(isRating ? 0 : star)}
  >
    <${Icon} name="star" />
  </button>`;
}

/** @param {{label: string, liked: boolean|'mixed', onLike: () => void}} props */
export function Heart({ label, liked, onLike }) {
  return html`<button
    type="button"
    class=${`icon-button heart ${liked === true ? 'is-set' : ''}`}
    title=${label}
    aria-label=${label}
    aria-pressed=${liked}
    onClick=${onLike}
  >
    <${Icon} name="heart" />
  </button>`;
}
