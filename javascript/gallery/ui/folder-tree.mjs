import { html, useLayoutEffect, useRef } from '../vendor/preact/standalone.mjs';
import { Icon } from './icons.mjs';

/**
 * @typedef {{
 *   path: string, name: string, depth: number, open: boolean|null, count?: string, href: string
 * }} TreeRow  count: of its files, as it is written
 *
 * @typedef {Object} FolderTreeProps
 * @property {string} label
 * @property {TreeRow[]} rows
 * @property {string|null} current
 * @property {(path: string) => void} onToggle
 */

/**
 * Folders as a tree: arrows walk through it, open and close, Enter goes there.
 * @param {FolderTreeProps} props
 */
export function FolderTree({ label, rows, current, onToggle }) {
  const list = useRef(/** @type {HTMLElement|null} */ (null));
  const at = Math.max(
    0,
    rows.findIndex((row) => row.path === current),
  );
  useLayoutEffect(() => {
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  }, [current]);
  const item = (/** @type {TreeRow} */ row, /** @type {number} */ i) => html`<${Row}
    key=${row.path}
    row=${row}
    isCurrent=${row.path === current}
    isStop=${i === at}
    onToggle=${onToggle}
  />`;
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => onKey(event, rows, onToggle);
  return html`<nav class="tree" aria-label=${label}>
    <ul role="tree" aria-label=${label} ref=${list} onKeyDown=${onKeyDown}>${rows.map(item)}</ul>
  </nav>`;
}

/**
 * @param {{row: TreeRow, isCurrent: boolean, isStop: boolean, onToggle: (path: string) => void}} props
 */
function Row({ row: { count, depth, href, name, open, path }, isCurrent, isStop, onToggle }) {
  const arrow = html`<${Icon} name=${open ? 'chevron-down' : 'chevron-right'} />`;
  const style = { paddingLeft: `${depth * 16}px` };
  return html`<li role="none" class="tree__row" data-folder=${path} style=${style}>
    <button
      type="button"
      class="tree__toggle"
      tabindex="-1"
      aria-hidden="true"
      disabled=${open === null}
      onClick=${() => onToggle(path)}
    >
      ${open !== null && arrow}
    </button>
    <a
      class="tree__name"
      role="treeitem"
      href=${href}
      title=${path}
      tabindex=${isStop ? 0 : -1}
      aria-level=${depth + 1}
      aria-expanded=${open}
      aria-selected=${isCurrent}
      aria-current=${isCurrent ? 'page' : null}
    >
      <${Icon} name="folder" />
      <span>${name}</span>
      ${count && html`<small>${count}</small>`}
    </a>
  </li>`;
}

/**
 * @param {KeyboardEvent} event
 * @param {FolderTreeProps['rows']} rows
 * @param {(path: string) => void} onToggle
 */
function onKey(event, rows, onToggle) {
  const list = /** @type {HTMLElement} */ (event.currentTarget);
  const items = /** @type {HTMLElement[]} */ ([...list.querySelectorAll('[role=treeitem]')]);
  const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = rows[at];
  const above = rows.slice(0, at).findLastIndex(({ depth }) => depth < row.depth);
  const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 };
  let to = /** @type {Record<string, number>} */ (steps)[event.key] ?? -1;
  if (event.key === 'ArrowRight' && row.open === false) onToggle(row.path);
  else if (event.key === 'ArrowRight' && row.open) to = at + 1;
  else if (event.key === 'ArrowLeft' && row.open) onToggle(row.path);
  else if (event.key === 'ArrowLeft') to = above;
  else if (to < 0) return;
  event.preventDefault();
  event.stopPropagation();
  items[to]?.focus();
}
