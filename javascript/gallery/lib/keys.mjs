/**
 * Keys as a table, one row an action: what a settings page could change and what the sheet of shortcuts shows.
 * @typedef {'grid'|'viewer'} Scope
 * @typedef {{action: string, keys: string[], scopes: Scope[], label: string}} Shortcut  label: key of the text
 */

/** @type {Shortcut[]} */
export const SHORTCUTS = [
  { action: 'left', keys: ['ArrowLeft'], scopes: ['grid'], label: 'keys.move' },
  { action: 'right', keys: ['ArrowRight'], scopes: ['grid'], label: 'keys.move' },
  { action: 'up', keys: ['ArrowUp'], scopes: ['grid'], label: 'keys.move' },
  { action: 'down', keys: ['ArrowDown'], scopes: ['grid'], label: 'keys.move' },
  { action: 'previous', keys: ['ArrowLeft'], scopes: ['viewer'], label: 'keys.beside' },
  { action: 'next', keys: ['ArrowRight'], scopes: ['viewer'], label: 'keys.beside' },
  { action: 'previous', keys: ['PageUp'], scopes: ['viewer'], label: 'keys.beside' },
  { action: 'next', keys: ['PageDown'], scopes: ['viewer'], label: 'keys.beside' },
  { action: 'first', keys: ['Home'], scopes: ['grid', 'viewer'], label: 'keys.ends' },
  { action: 'last', keys: ['End'], scopes: ['grid', 'viewer'], label: 'keys.ends' },
  { action: 'pageUp', keys: ['PageUp'], scopes: ['grid'], label: 'keys.pages' },
  { action: 'pageDown', keys: ['PageDown'], scopes: ['grid'], label: 'keys.pages' },
  { action: 'open', keys: ['Enter', ' '], scopes: ['grid'], label: 'keys.open' },
  { action: 'parent', keys: ['Backspace'], scopes: ['grid'], label: 'keys.parent' },
  { action: 'select', keys: ['x'], scopes: ['grid'], label: 'keys.select' },
  { action: 'selectAll', keys: ['Control+a'], scopes: ['grid'], label: 'keys.selectAll' },
  { action: 'zoom', keys: ['z'], scopes: ['viewer'], label: 'keys.zoom' },
  { action: 'close', keys: ['Escape', 'Enter', ' '], scopes: ['viewer'], label: 'keys.close' },
  { action: 'clear', keys: ['Escape'], scopes: ['grid'], label: 'keys.clear' },
  { action: 'search', keys: ['/'], scopes: ['grid'], label: 'keys.search' },
  { action: 'copy', keys: ['c'], scopes: ['grid', 'viewer'], label: 'keys.copy' },
  { action: 'info', keys: ['i'], scopes: ['grid', 'viewer'], label: 'keys.info' },
  { action: 'help', keys: ['?'], scopes: ['grid', 'viewer'], label: 'keys.help' },
];

/**
 * A key press as the table writes it: ``a``, ``Control+a``. Command counts as Control, Shift is in the key itself.
 * @param {{key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean}} event
 * @returns {string}
 */
export function keyName(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return `${event.altKey ? 'Alt+' : ''}${event.ctrlKey || event.metaKey ? 'Control+' : ''}${key}`;
}

/**
 * What a key press means here; null where it means nothing.
 * @param {{key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean}} event
 * @param {Scope} scope
 * @returns {string|null}
 */
export function actionFor(event, scope) {
  const name = keyName(event);
  return SHORTCUTS.find((row) => row.scopes.includes(scope) && row.keys.includes(name))?.action ?? null;
}

/**
 * Rows of the sheet: the keys of each label together, in the table's order.
 * @param {Scope} scope
 * @returns {{label: string, keys: string[]}[]}
 */
export function sheet(scope) {
  /** @type {Map<string, string[]>} */
  const rows = new Map();
  for (const row of SHORTCUTS) {
    if (row.scopes.includes(scope)) rows.set(row.label, [...(rows.get(row.label) ?? []), ...row.keys]);
  }
  return [...rows].map(([label, keys]) => ({ label, keys }));
}
