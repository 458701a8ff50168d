import { COMMANDS } from './commands.mjs';

/**
 * Keys as a table, one row an action: what the user can change and what the sheet of shortcuts shows.
 * @typedef {'grid'|'viewer'|'duplicates'} Scope  a key that means nothing among duplicates means what it
 *   means in the grid
 *
 * @typedef {Object} Shortcut
 * @property {string} action
 * @property {string[]} keys
 * @property {Scope[]} scopes
 * @property {string} label  key of the text; rows of one label stand together in the sheet
 * @property {string} [name]  key of the text that tells the row from others of its label
 * @property {number} [count]  that goes into the name
 * @property {boolean} [extends]  with Shift it extends the selection
 *
 * @typedef {Record<string, string[]>} OwnKeys  the keys of those actions that the user has given others
 */

/** @type {Shortcut[]} */
export const SHORTCUTS = [
  {
    action: 'left',
    keys: ['ArrowLeft'],
    scopes: ['grid'],
    label: 'keys.move',
    name: 'keys.left',
    extends: true,
  },
  {
    action: 'right',
    keys: ['ArrowRight'],
    scopes: ['grid'],
    label: 'keys.move',
    name: 'keys.right',
    extends: true,
  },
  {
    action: 'up',
    keys: ['ArrowUp'],
    scopes: ['grid'],
    label: 'keys.move',
    name: 'keys.up',
    extends: true,
  },
  {
    action: 'down',
    keys: ['ArrowDown'],
    scopes: ['grid'],
    label: 'keys.move',
    name: 'keys.down',
    extends: true,
  },
  {
    action: 'previous',
    keys: ['ArrowLeft', 'PageUp'],
    scopes: ['viewer'],
    label: 'keys.beside',
    name: 'viewer.previous',
  },
  {
    action: 'next',
    keys: ['ArrowRight', 'PageDown'],
    scopes: ['viewer'],
    label: 'keys.beside',
    name: 'viewer.next',
  },
  {
    action: 'first',
    keys: ['Home'],
    scopes: ['grid', 'viewer'],
    label: 'keys.ends',
    name: 'keys.first',
    extends: true,
  },
  {
    action: 'last',
    keys: ['End'],
    scopes: ['grid', 'viewer'],
    label: 'keys.ends',
    name: 'keys.last',
    extends: true,
  },
  {
    action: 'pageUp',
    keys: ['PageUp'],
    scopes: ['grid'],
    label: 'keys.pages',
    name: 'keys.pageUp',
    extends: true,
  },
  {
    action: 'pageDown',
    keys: ['PageDown'],
    scopes: ['grid'],
    label: 'keys.pages',
    name: 'keys.pageDown',
    extends: true,
  },
  { action: 'open', keys: ['Enter', ' '], scopes: ['grid'], label: 'keys.open' },
  { action: 'parent', keys: ['Backspace'], scopes: ['grid'], label: 'keys.parent' },
  { action: 'select', keys: ['x'], scopes: ['grid'], label: 'keys.select' },
  { action: 'selectRange', keys: ['Shift+Arrow'], scopes: ['grid'], label: 'keys.selectRange' },
  { action: 'selectBox', keys: ['Drag', 'Shift+Drag'], scopes: ['grid'], label: 'keys.selectBox' },
  { action: 'selectAll', keys: ['Control+a'], scopes: ['grid'], label: 'keys.selectAll' },
  { action: 'zoom', keys: ['z'], scopes: ['viewer'], label: 'keys.zoom' },
  { action: 'rotateRight', keys: ['r'], scopes: ['viewer'], label: 'viewer.rotate' },
  { action: 'rotateLeft', keys: ['Shift+r'], scopes: ['viewer'], label: 'viewer.rotateBack' },
  { action: 'fullscreen', keys: ['f'], scopes: ['viewer'], label: 'viewer.fullscreen' },
  { action: 'slideshow', keys: ['p'], scopes: ['viewer'], label: 'viewer.slideshow' },
  {
    action: 'faster',
    keys: ['+'],
    scopes: ['viewer'],
    label: 'viewer.pace.change',
    name: 'viewer.faster',
  },
  {
    action: 'slower',
    keys: ['-'],
    scopes: ['viewer'],
    label: 'viewer.pace.change',
    name: 'viewer.slower',
  },
  { action: 'filmstrip', keys: ['h'], scopes: ['viewer'], label: 'viewer.filmstrip' },
  { action: 'pin', keys: ['Shift+d'], scopes: ['grid', 'viewer'], label: 'info.pin' },
  { action: 'compareOther', keys: ['v'], scopes: ['viewer'], label: 'viewer.compare' },
  { action: 'play', keys: ['k'], scopes: ['viewer'], label: 'viewer.play' },
  {
    action: 'frameBack',
    keys: [','],
    scopes: ['viewer'],
    label: 'viewer.frame',
    name: 'viewer.frameBack',
  },
  {
    action: 'frameForward',
    keys: ['.'],
    scopes: ['viewer'],
    label: 'viewer.frame',
    name: 'viewer.frameForward',
  },
  { action: 'loop', keys: ['Shift+l'], scopes: ['viewer'], label: 'viewer.loop' },
  { action: 'cover', keys: ['u'], scopes: ['viewer'], label: 'viewer.cover' },
  { action: 'close', keys: ['Escape', 'Enter', ' '], scopes: ['viewer'], label: 'keys.close' },
  { action: 'clear', keys: ['Escape'], scopes: ['grid'], label: 'keys.clear' },
  { action: 'search', keys: ['/'], scopes: ['grid'], label: 'keys.search' },
  { action: 'blur', keys: ['b'], scopes: ['grid', 'viewer'], label: 'blur.key' },
  { action: 'filter', keys: ['f'], scopes: ['grid'], label: 'filter.title' },
  { action: 'date', keys: ['g d'], scopes: ['grid'], label: 'timeline.go' },
  { action: 'library', keys: ['g l'], scopes: ['grid'], label: 'timeline.library' },
  {
    action: 'nextGroup',
    keys: ['j'],
    scopes: ['duplicates'],
    label: 'duplicates.keys.beside',
    name: 'duplicates.keys.next',
  },
  {
    action: 'previousGroup',
    keys: ['k'],
    scopes: ['duplicates'],
    label: 'duplicates.keys.beside',
    name: 'duplicates.keys.previous',
  },
  {
    action: 'keepNext',
    keys: ['ArrowRight'],
    scopes: ['duplicates'],
    label: 'duplicates.keys.keep',
    name: 'duplicates.keys.keepNext',
  },
  {
    action: 'keepPrevious',
    keys: ['ArrowLeft'],
    scopes: ['duplicates'],
    label: 'duplicates.keys.keep',
    name: 'duplicates.keys.keepPrevious',
  },
  { action: 'resolve', keys: ['Enter'], scopes: ['duplicates'], label: 'duplicates.keys.resolve' },
  { action: 'apart', keys: ['n'], scopes: ['duplicates'], label: 'duplicates.apart' },
  { action: 'compareGroup', keys: ['v'], scopes: ['duplicates'], label: 'action.compare' },
  ...COMMANDS.filter(({ keys }) => keys.length).map(({ name, keys, label, needs }) => ({
    action: name,
    keys,
    label,
    scopes: /** @type {Scope[]} */ (
      needs === 'few' || needs === 'many' ? ['grid'] : ['grid', 'viewer']
    ),
  })),
  ...[1, 2, 3, 4, 5].map((stars) => ({
    action: `rate${stars}`,
    keys: [String(stars)],
    scopes: /** @type {Scope[]} */ (['grid', 'viewer']),
    label: 'keys.rate',
    name: 'marks.stars',
    count: stars,
  })),
  { action: 'rate0', keys: ['0'], scopes: ['grid', 'viewer'], label: 'keys.unrate' },
  { action: 'send', keys: ['s'], scopes: ['grid', 'viewer'], label: 'action.send' },
  { action: 'generate', keys: ['Shift+g'], scopes: ['grid', 'viewer'], label: 'action.generate' },
  { action: 'undo', keys: ['Control+z'], scopes: ['grid', 'viewer'], label: 'action.undo' },
  {
    action: 'menu',
    keys: ['ContextMenu', 'Shift+F10'],
    scopes: ['grid', 'viewer'],
    label: 'keys.menu',
  },
  { action: 'info', keys: ['i'], scopes: ['grid', 'viewer'], label: 'keys.info' },
  { action: 'help', keys: ['?'], scopes: ['grid', 'viewer'], label: 'keys.help' },
];

/**
 * The table with the user's own keys. A key of theirs is nobody else's, also where a later version
 * gives it to something new.
 * @param {OwnKeys} own
 * @returns {Shortcut[]}
 */
export function bound(own) {
  const theirs = SHORTCUTS.filter(({ action }) => action in own).map((row) => ({
    ...row,
    keys: own[row.action],
  }));
  return SHORTCUTS.map(
    (row) =>
      theirs.find(({ action }) => action === row.action) ?? {
        ...row,
        keys: row.keys.filter(
          (key) => !theirs.some((other) => meet(row, other) && other.keys.includes(key)),
        ),
      },
  );
}

/**
 * True where both could be meant by one key.
 * @param {Shortcut} a
 * @param {Shortcut} b
 */
export function meet(a, b) {
  return a.scopes.some((scope) => b.scopes.includes(scope));
}

/** @typedef {{key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, shiftKey?: boolean}} Press */

/**
 * A key press as the table writes it: ``a``, ``Shift+a``, ``Control+a``. Command counts as Control;
 * Shift is told of letters and of F keys only, since of other keys it makes another sign, or
 * extends a selection.
 * @param {Press} event
 * @returns {string}
 */
export function keyName(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const shift =
    event.shiftKey && (/^F\d+$/.test(key) || (key.length === 1 && key !== key.toUpperCase()));
  const modifiers = [
    event.altKey ? 'Alt+' : '',
    event.ctrlKey || event.metaKey ? 'Control+' : '',
    shift ? 'Shift+' : '',
  ];
  return modifiers.join('') + key;
}

/**
 * What a key press means here; null where it means nothing.
 * @param {Shortcut[]} rows
 * @param {Press} event
 * @param {Scope} scope
 * @param {string} [begun]  the key that was pressed before, where two make a command
 * @returns {string|null}
 */
export function actionFor(rows, event, scope, begun = '') {
  const here = rows.filter((row) => row.scopes.includes(scope));
  const name = `${begun}${begun && ' '}${keyName(event)}`;
  const row =
    here.find(({ keys }) => keys.includes(name)) ??
    // A letter that moves extends with Shift as an arrow does, where it means nothing else with it.
    here.find((one) => one.extends && one.keys.some((key) => `Shift+${key}` === name));
  return row?.action ?? null;
}

/**
 * True for a key that means something together with the next one.
 * @param {Shortcut[]} rows
 * @param {string} key
 * @param {Scope} scope
 */
export function begins(rows, key, scope) {
  return (
    key.trim() !== '' &&
    rows.some(
      (row) => row.scopes.includes(scope) && row.keys.some((one) => one.startsWith(`${key} `)),
    )
  );
}

/**
 * Rows of the sheet: what has one label together, in the table's order.
 * @param {Shortcut[]} rows
 * @param {Scope|'everywhere'} where  everywhere: what is the same in all scopes, and then stands nowhere else
 * @returns {{label: string, rows: Shortcut[]}[]}
 */
export function sheet(rows, where) {
  const here = rows.filter(({ scopes }) =>
    where === 'everywhere' ? scopes.length > 1 : scopes.length === 1 && scopes[0] === where,
  );
  return [...new Set(here.map(({ label }) => label))].map((label) => ({
    label,
    rows: here.filter((row) => row.label === label),
  }));
}
