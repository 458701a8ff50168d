import { html, useRef } from '../vendor/preact/standalone.mjs';
import { Icon } from './icons.mjs';

/** @typedef {import('../lib/types.mjs').Item} Item */

/** Size of a picture in the strip and the way from one to the next, as in style/filmstrip.css. */
const PITCH_PX = 60;
/** A wheel or touchpad turns this far for one step. */
const STEP_PX = 50;

/**
 * @typedef {Object} FilmstripProps
 * @property {string} label
 * @property {number} index  the one that is shown
 * @property {number} first  of the files
 * @property {number} count
 * @property {number} width
 * @property {(index: number) => Item|null} item
 * @property {(item: Item) => string} thumbnail
 * @property {(index: number) => void} onChoose
 * @property {(way: 1|-1) => void} onStep
 */

/**
 * A picture that cannot be shown has a sign of ours in its place.
 * @param {Event} event
 * @param {boolean} isBroken
 */
function mark({ target }, isBroken) {
  const { parentElement } = /** @type {HTMLElement} */ (target);
  parentElement?.classList.toggle('is-broken', isBroken);
}

/**
 * The pictures around the one that is shown. Elements are made only for those in view, so that it
 * does not matter how many there are.
 * @param {FilmstripProps} props
 */
export function Filmstrip({
  label,
  index,
  first,
  count,
  width,
  item,
  thumbnail,
  onChoose,
  onStep,
}) {
  const turned = useRef(0);
  /** @param {WheelEvent} event */
  const onWheel = (event) => {
    turned.current += event.deltaY + event.deltaX;
    if (Math.abs(turned.current) < STEP_PX) return;
    onStep(turned.current > 0 ? 1 : -1);
    turned.current = 0;
  };
  const half = Math.ceil(width / PITCH_PX / 2) + 2;
  const from = Math.max(first, index - half);
  const to = Math.min(count - 1, index + half);
  const places = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
  const picture = (/** @type {number} */ at) => {
    const shown = item(at);
    return html`<button
      type="button"
      key=${at}
      class="filmstrip__item"
      tabindex="-1"
      title=${shown?.name ?? ''}
      aria-label=${shown?.name ?? ''}
      aria-current=${at === index ? 'true' : null}
      style=${{ transform: `translateX(${(at - index) * PITCH_PX}px)` }}
      onClick=${() => onChoose(at)}
    >
      ${
        shown &&
        html`<img
        data-path=${shown.path}
        src=${thumbnail(shown)}
        alt=""
        decoding="async"
        draggable=${false}
        onError=${(/** @type {Event} */ event) => mark(event, true)}
        onLoad=${(/** @type {Event} */ event) => mark(event, false)}
      />
      <${Icon} name="image-off" />`
      }
      ${shown?.kind === 'video' && html`<${Icon} name="play" />`}
    </button>`;
  };
  return html`<div class="filmstrip" role="group" aria-label=${label} onWheel=${onWheel}>
    <div class="filmstrip__track">${places.map(picture)}</div>
  </div>`;
}
