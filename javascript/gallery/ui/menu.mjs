import { html, useLayoutEffect, useRef, useState } from '../vendor/preact/standalone.mjs';
import { Icon } from './icons.mjs';

/**
 * @typedef {Object} MenuItem
 * @property {string} id
 * @property {string} icon
 * @property {string} label
 * @property {string} [hint]
 * @property {string} [kind]
 * @property {boolean} [checked]  one of several that exclude each other
 *
 * @typedef {Object} MenuProps
 * @property {string} label
 * @property {string} title
 * @property {number} x
 * @property {number} y
 * @property {MenuItem[][]} groups
 * @property {unknown} [head]
 * @property {(id: string) => void} onChoose
 * @property {() => void} onClose
 */

const EDGE_PX = 8;

/**
 * What can be done, at a point of the window, or as a sheet from below on a phone.
 * @param {MenuProps} props
 */
export function Menu({ label, title, x, y, groups, head, onChoose, onClose }) {
  const menu = useRef(/** @type {HTMLElement|null} */ (null));
  const [place, setPlace] = useState({ left: x, top: y });
  useLayoutEffect(() => {
    const box = menu.current?.getBoundingClientRect();
    if (!box) return;
    setPlace({
      left: Math.max(EDGE_PX, Math.min(x, window.innerWidth - box.width - EDGE_PX)),
      top: Math.max(EDGE_PX, Math.min(y, window.innerHeight - box.height - EDGE_PX)),
    });
    /** @type {HTMLElement|null|undefined} */ (menu.current?.querySelector('.menu__item'))?.focus();
  }, [x, y]);
  const onDown = (/** @type {Event} */ event) => {
    if (event.target !== event.currentTarget) return;
    event.preventDefault();
    onClose();
  };
  // The key that opened the menu is followed by such an event too, when it is let go.
  const onContext = (/** @type {MouseEvent} */ event) => {
    event.preventDefault();
    if (event.button === 2 && event.target === event.currentTarget) onClose();
  };
  const style = { left: `${place.left}px`, top: `${place.top}px` };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => onKey(event, menu.current, onClose);
  const group = (/** @type {MenuItem[]} */ items) => html`<div role="group" class="menu__group">
    ${items.map((item) => html`<${Item} item=${item} onChoose=${onChoose} />`)}
  </div>`;
  return html`<div class="menu-layer" onPointerDown=${onDown} onContextMenu=${onContext}>
    <div ref=${menu} class="menu" role="menu" aria-label=${label} style=${style} onKeyDown=${onKeyDown}>
      <p class="menu__title" aria-hidden="true">${title}</p>
      ${head && html`<div class="menu__head" role="presentation">${head}</div>`}
      ${groups.filter((items) => items.length).map(group)}
    </div>
  </div>`;
}

/** @param {{item: MenuItem, onChoose: (id: string) => void}} props */
function Item({ item: { checked, hint, icon, id, kind = '', label }, onChoose }) {
  return html`<button
    type="button"
    role=${checked === undefined ? 'menuitem' : 'menuitemradio'}
    aria-checked=${checked}
    tabindex="-1"
    class=${`menu__item ${kind}`}
    onClick=${() => onChoose(id)}
  >
    <${Icon} name=${icon} />
    <span>${label}</span>
    ${hint && html`<kbd aria-hidden="true">${hint}</kbd>`}
  </button>`;
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement|null} menu
 * @param {() => void} onClose
 */
function onKey(event, menu, onClose) {
  event.stopPropagation();
  const items = /** @type {HTMLElement[]} */ ([
    ...(menu?.querySelectorAll('[role^=menuitem]') ?? []),
  ]);
  const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  /** @type {Record<string, number>} */
  const ways = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
  if (event.key in ways) items[(ways[event.key] + items.length) % items.length].focus();
  else if (event.key === 'Escape' || event.key === 'Tab') onClose();
  else if (event.key.length === 1 && event.key !== ' ') {
    // The next one that begins with this letter.
    const rest = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    rest
      .find((item) => item.textContent?.trim().toLowerCase().startsWith(event.key.toLowerCase()))
      ?.focus();
  } else return;
  event.preventDefault();
}
