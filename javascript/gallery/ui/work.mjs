import { html } from '../vendor/preact/standalone.mjs';
import { Icon } from './icons.mjs';

/**
 * Something that goes on in the background, or that is not as it should be.
 * @typedef {Object} Work
 * @property {string} key
 * @property {string} text
 * @property {number|null} [part]  done of the whole, 0 to 1; null: not known; not given: nothing is being
 *   done
 * @property {string} [icon]
 * @property {string} [action]
 * @property {() => void} [onAction]
 */

/**
 * The one quiet line below the pictures that tells what goes on.
 * @param {{label: string, works: Work[]}} props
 */
export function Works({ label, works }) {
  return html`<div class="works" role="status" aria-label=${label}>${works.map(
    ({ key, text, part, icon, action, onAction }) => html`<div key=${key} class="work">
    ${icon && html`<${Icon} name=${icon} />`}
    ${part !== undefined && html`<progress max="1" value=${part} aria-label=${text}></progress>`}
    <span>${text}</span>
    ${action && html`<button type="button" class="work__action" onClick=${onAction}>${action}</button>`}
  </div>`,
  )}</div>`;
}
