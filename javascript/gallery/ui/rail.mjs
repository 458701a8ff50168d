import { html, useRef, useState } from '../vendor/preact/standalone.mjs';
import { Icon } from './icons.mjs';
import { Menu } from './menu.mjs';

/** A phone has room for these; the others are in a menu there. */
const ON_A_PHONE = 4;

/**
 * @typedef {{name: string, icon: string, href: string, current: boolean, mark?: string,
 *   go: () => void}} RailItem  mark: files that are dropped there get a tag or an album
 *
 * @typedef {Object} RailProps
 * @property {string} label
 * @property {string} more  label of the menu of a phone
 * @property {RailItem[]} places
 * @property {(() => void)|null} onUp  shows what is above this page in the host's, which a phone's window
 *   has no room for
 * @property {unknown} [children]  below the views
 */

/**
 * The views of the page. Links, so that the middle button and the context menu do what they do everywhere.
 * @param {RailProps} props
 */
export function Rail({ label, more, places, onUp, children }) {
  const link = (
    /** @type {RailItem} */ { name, icon, href, current, mark },
    /** @type {number} */ i,
  ) =>
    html`<a
      class=${`rail__place ${i < ON_A_PHONE ? '' : 'is-wide'}`}
      href=${href}
      title=${name}
      data-mark=${mark}
      aria-current=${current ? 'page' : null}
    >
      <${Icon} name=${icon} />
      <span>${name}</span>
    </a>`;
  return html`<nav class="rail" aria-label=${label}>
    ${places.map(link)}
    <${More} label=${more} places=${places.slice(ON_A_PHONE)} />
    ${children}
    ${
      onUp &&
      html`<button type="button" class="rail__place rail__up" title="WebUI" onClick=${onUp}>
      <${Icon} name="arrow-up" /><span>WebUI</span>
    </button>`
    }
  </nav>`;
}

/**
 * The views for which a phone has no room, as a menu.
 * @param {{label: string, places: RailItem[]}} props
 */
function More({ label, places }) {
  const button = useRef(/** @type {HTMLButtonElement|null} */ (null));
  const [isOpen, setOpen] = useState(false);
  const close = () => {
    setOpen(false);
    button.current?.focus({ preventScroll: true });
  };
  const choose = (/** @type {string} */ id) => {
    close();
    places.find(({ href }) => href === id)?.go();
  };
  const items = places.map(({ href, icon, name }) => ({ id: href, icon, label: name }));
  const y = button.current?.getBoundingClientRect().top ?? 0;
  const menu = { label, title: label, x: 0, y, groups: [items] };
  return html`<button
      ref=${button}
      type="button"
      class="rail__place rail__more"
      aria-haspopup="menu"
      aria-expanded=${isOpen}
      aria-current=${places.some(({ current }) => current) ? 'page' : null}
      onClick=${() => setOpen(true)}
    >
      <${Icon} name="ellipsis" /><span>${label}</span>
    </button>
    ${isOpen && html`<${Menu} ...${menu} onChoose=${choose} onClose=${close} />`}`;
}
