import { html, useRef, useState } from '../vendor/preact/standalone.mjs';
import { IconButton } from './button.mjs';
import { Menu } from './menu.mjs';

/** @typedef {import('./menu.mjs').MenuItem} MenuItem */

/**
 * @typedef {Object} WithMenuProps
 * @property {string} label  of the button that opens the menu
 * @property {string} title  what the menu is about
 * @property {MenuItem[][]} groups  without any there is no menu
 * @property {(id: string) => void} onChoose
 * @property {string} [kind]
 * @property {unknown} [before]  in front of the row
 * @property {unknown} [below]  what belongs to the row and has menus of its own
 * @property {unknown} [children]
 */

/**
 * A row or card with a menu of its own, by its button and by the second button of the mouse.
 * @param {WithMenuProps} props
 */
export function WithMenu(props) {
  const { label, title, groups, onChoose, kind = '', before, below, children } = props;
  const row = useRef(/** @type {HTMLElement|null} */ (null));
  const [place, setPlace] = useState(/** @type {{x: number, y: number}|null} */ (null));
  if (!groups.length) return html`<li class=${kind}>${before}${children}${below}</li>`;
  const button = () =>
    /** @type {HTMLElement|null} */ (row.current?.querySelector(':scope > .with-menu__button'));
  const close = () => {
    setPlace(null);
    button()?.focus({ preventScroll: true });
  };
  const choose = (/** @type {string} */ id) => {
    close();
    onChoose(id);
  };
  const openBelow = () => {
    const box = button()?.getBoundingClientRect();
    if (box) setPlace({ x: box.left, y: box.bottom + 4 });
  };
  // What happens in the menu bubbles up to here, too.
  const onContextMenu = (/** @type {MouseEvent} */ event) => {
    if (place || event.defaultPrevented) return;
    event.preventDefault();
    if (event.button === 2) setPlace({ x: event.clientX, y: event.clientY });
    else openBelow();
  };
  return html`<li ref=${row} class=${`with-menu ${kind}`} onContextMenu=${onContextMenu}>
    ${before}${children}
    <${IconButton} icon="ellipsis" label=${label} kind="with-menu__button" onClick=${openBelow} />
    ${place && html`<${Menu} ...${{ label, title, groups, ...place }} onChoose=${choose} onClose=${close} />`}
    ${below}
  </li>`;
}
