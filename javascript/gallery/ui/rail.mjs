import { html } from '../vendor/preact/standalone.mjs';
import { Icon } from './icons.mjs';

/**
 * @typedef {{name: string, icon: string, href: string, current: boolean}} RailItem
 *
 * @typedef {Object} RailProps
 * @property {string} label
 * @property {RailItem[]} places
 * @property {(() => void)|null} onUp  shows what is above this page in the host's, which a phone's window
 *   has no room for
 * @property {unknown} [children]  below the views
 */

/**
 * The views of the page. Links, so that the middle button and the context menu do what they do everywhere.
 * @param {RailProps} props
 */
export function Rail({ label, places, onUp, children }) {
  const link = (/** @type {RailItem} */ { name, icon, href, current }) =>
    html`<a class="rail__place" href=${href} title=${name} aria-current=${current ? 'page' : null}>
      <${Icon} name=${icon} />
      <span>${name}</span>
    </a>`;
  return html`<nav class="rail" aria-label=${label}>
    ${places.map(link)}
    ${children}
    ${
      onUp &&
      html`<button type="button" class="rail__place rail__up" title="WebUI" onClick=${onUp}>
      <${Icon} name="arrow-up" /><span>WebUI</span>
    </button>`
    }
  </nav>`;
}
