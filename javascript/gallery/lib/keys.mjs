import { COMMANDS } from './commands.mjs';

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
  { action: 'selectRange', keys: ['Shift+Arrow'], scopes: ['grid'], label: 'keys.selectRange' },
  { action: 'selectBox', keys: ['Shift+Drag'], scopes: ['grid'], label: 'keys.selectBox' },
  { action: 'selectAll', keys: ['Control+a'], scopes: ['grid'], label: 'keys.selectAll' },
  { action: 'zoom', keys: ['z'], scopes: ['viewer'], label: 'keys.zoom' },
  { action: 'rotateRight', keys: ['r'], scopes: ['viewer'], label: 'viewer.rotate' },
  { action: 'rotateLeft', keys: ['Shift+r'], scopes: ['viewer'], label: 'viewer.rotateBack' },
  { action: 'fullscreen', keys: ['f'], scopes: ['viewer'], label: 'viewer.fullscreen' },
  { action: 'slideshow', keys: ['p'], scopes: ['viewer'], label: 'viewer.slideshow' },
  { action: 'filmstrip', keys: ['h'], scopes: ['viewer'], label: 'viewer.filmstrip' },
  { action: 'pin', keys: ['Shift+d'], scopes: ['grid', 'viewer'], label: 'info.pin' },
  { action: 'compareOther', keys: ['v'], scopes: ['viewer'], label: 'viewer.compare' },
  { action: 'play', keys: ['k'], scopes: ['viewer'], label: 'viewer.play' },
  { action: 'frameBack', keys: [','], scopes: ['viewer'], label: 'viewer.frame' },
  { action: 'frameForward', keys: ['.'], scopes: ['viewer'], label: 'viewer.frame' },
  { action: 'cover', keys: ['u'], scopes: ['viewer'], label: 'viewer.cover' },
  { action: 'close', keys: ['Escape', 'Enter', ' '], scopes: ['viewer'], label: 'keys.close' },
  { action: 'clear', keys: ['Escape'], scopes: ['grid'], label: 'keys.clear' },
  { action: 'search', keys: ['/'], scopes: ['grid'], label: 'keys.search' },
  { action: 'date', keys: ['g d'], scopes: ['grid'], label: 'timeline.go' },
  { action: 'library', keys: ['g l'], scopes: ['grid'], label: 'timeline.library' },
  ...COMMANDS.filter(({ keys }) => keys.length).map(({ name, keys, label, needs }) => ({
    action: name, keys, label, scopes: /** @type {Scope[]} */ (needs === 'two' || needs === 'many' ? ['grid'] : ['grid', 'viewer']),
  })),
  ...[1, 2, 3, 4, 5].map((stars) => ({ action: `rate${stars}`, keys: [String(stars)], scopes: /** @type {Scope[]} */ (['grid', 'viewer']), label: 'keys.rate' })),
  { action: 'rate0', keys: ['0'], scopes: ['grid', 'viewer'], label: 'keys.unrate' },
  { action: 'send', keys: ['s'], scopes: ['grid', 'viewer'], label: 'action.send' },
  { action: 'undo', keys: ['Control+z'], scopes: ['grid', 'viewer'], label: 'action.undo' },
  { action: 'menu', keys: ['ContextMenu', 'Shift+F10'], scopes: ['grid', 'viewer'], label: 'keys.menu' },
  { action: 'info', keys: ['i'], scopes: ['grid', 'viewer'], label: 'keys.info' },
  { action: 'help', keys: ['?'], scopes: ['grid', 'viewer'], label: 'keys.help' },
];

/** @typedef {{key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, shiftKey?: boolean}} Press */

/**
 * A key press as the table writes it: ``a``, ``Shift+a``, ``Control+a``. Command counts as Control; Shift is told of letters and of F keys only,
 * since of other keys it makes another sign, or extends a selection.
 * @param {Press} event
 * @returns {string}
 */
export function keyName(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const shift = event.shiftKey && (/^F\d+$/.test(key) || (key.length === 1 && key !== key.toUpperCase()));
  return `${event.altKey ? 'Alt+' : ''}${event.ctrlKey || event.metaKey ? 'Control+' : ''}${shift ? 'Shift+' : ''}${key}`;
}

/**
 * What a key press means here; null where it means nothing.
 * @param {Press} event
 * @param {Scope} scope
 * @param {string} [begun]  the key that was pressed before, where two make a command
 * @returns {string|null}
 */
export function actionFor(event, scope, begun = '') {
  const name = `${begun}${begun && ' '}${keyName(event)}`;
  return SHORTCUTS.find((row) => row.scopes.includes(scope) && row.keys.includes(name))?.action ?? null;
}

/**
 * True for a key that means something together with the next one.
 * @param {Press} event
 * @param {Scope} scope
 */
export function begins(event, scope) {
  const name = `${keyName(event)} `;
  return name.trim() !== '' && SHORTCUTS.some((row) => row.scopes.includes(scope) && row.keys.some((key) => key.startsWith(name)));
}

/**
 * Rows of the sheet: the keys of each label together, in the table's order.
 * @param {Scope|'everywhere'} where  everywhere: what is the same in all scopes, and then stands nowhere else
 * @returns {{label: string, keys: string[]}[]}
 */
export function sheet(where) {
  /** @type {Map<string, string[]>} */
  const rows = new Map();
  for (const row of SHORTCUTS) {
    const fits = where === 'everywhere' ? row.scopes.length > 1 : row.scopes.length === 1 && row.scopes[0] === where;
    if (fits) rows.set(row.label, [...(rows.get(row.label) ?? []), ...row.keys]);
  }
  return [...rows].map(([label, keys]) => ({ label, keys }));
}
