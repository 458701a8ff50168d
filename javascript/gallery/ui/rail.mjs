import { html } from '../vendor/preact/standalone.mjs';
import { Icon } from './icons.mjs';

/**
 * The views of the page. Links, so that the middle button and the context menu do what they do everywhere.
 * @param {{label: string, places: {name: string, icon: string, href: string, current: boolean}[]}} props
 */
export function Rail({ label, places }) {
  return html`<nav class="rail" aria-label=${label}>
    ${places.map(({ name, icon, href, current }) => html`<a class="rail__place" href=${href} title=${name} aria-current=${current ? 'page' : null}>
      <${Icon} name=${icon} /><span>${name}</span>
    </a>`)}
  </nav>`;
}
