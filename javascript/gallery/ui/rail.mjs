import { html } from '../vendor/preact/standalone.mjs';
import { Icon } from './icons.mjs';

/**
 * The views of the page. Links, so that the middle button and the context menu do what they do everywhere.
 * @param {{label: string, places: {name: string, icon: string, href: string, current: boolean}[], onUp: (() => void)|null}} props
 *   onUp: shows what is above this page in the host's, which a phone's window has no room for
 */
export function Rail({ label, places, onUp }) {
  return html`<nav class="rail" aria-label=${label}>
    ${places.map(
      ({
        name,
        icon,
        href,
        current,
      }) => html`<a class="rail__place" href=${href} title=${name} aria-current=${current ? 'page' : null}>
      <${Icon} name=${icon} /><span>${name}</span>
    </a>`,
    )}
    ${
      onUp &&
      html`<button type="button" class="rail__place rail__up" title="WebUI" onClick=${onUp}>
      <${Icon} name="arrow-up" /><span>WebUI</span>
    </button>`
    }
  </nav>`;
}
