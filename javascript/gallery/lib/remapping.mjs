import { bound, keyName, meet, SHORTCUTS } from './keys.mjs';

/** @typedef {import('./keys.mjs').OwnKeys} OwnKeys */
/** @typedef {import('./keys.mjs').Press} Press */
/** @typedef {import('./keys.mjs').Shortcut} Shortcut */

/**
 * A key that is to be changed: which action's, and which of its keys.
 * @typedef {{action: string, at: number}} Slot
 *
 * What comes of it: the keys that are then the user's own; or whose key it is already, and the keys
 * where both are exchanged, if that is possible.
 * @typedef {{own: OwnKeys} | {holder: Shortcut, swapped: OwnKeys|null}} Outcome
 */

/** Keys with a name that can be had. Of the others the browser or the system makes something itself. */
const NAMED = new Set([
  'ArrowLeft',
  'ArrowRight',
  'ArrowUp',
  'ArrowDown',
  'Home',
  'End',
  'PageUp',
  'PageDown',
  'Enter',
  'Backspace',
  'Delete',
  'Insert',
  'ContextMenu',
  'F2',
  'F4',
  'F8',
  'F9',
]);
const MODIFIERS = new Set([
  'Shift',
  'Control',
  'Alt',
  'Meta',
  'AltGraph',
  'CapsLock',
  'NumLock',
  'Fn',
]);
/** What the page has from the beginning can be had again. */
const OURS = new Set(SHORTCUTS.flatMap(({ keys }) => keys));

/**
 * True for what is pressed only together with a key that is still to come.
 * @param {Press} event
 */
export function isModifier({ key }) {
  return MODIFIERS.has(key);
}

/**
 * Why a key cannot be had; null where it can.
 * @param {Press} event
 * @returns {'focus'|'browser'|null}
 */
export function refusal(event) {
  if (event.key === 'Tab') return 'focus';
  if (OURS.has(keyName(event))) return null;
  if (event.ctrlKey || event.metaKey || event.altKey) return 'browser';
  return [...event.key].length === 1 || NAMED.has(event.key) ? null : 'browser';
}

/**
 * False for what is part of the page's ways: Escape, and what is done with the mouse or with any arrow.
 * @param {string} key
 */
export function canChange(key) {
  return !/^Escape$|(^|\+)(Arrow|Drag)$/.test(key);
}

/**
 * @param {OwnKeys} own  the user's keys so far
 * @param {Slot} slot
 * @param {string} key  the new one
 * @returns {Outcome}
 */
export function assign(own, slot, key) {
  const rows = bound(own);
  const row = /** @type {Shortcut} */ (rows.find(({ action }) => action === slot.action));
  if (row.keys[slot.at] === key) return { own };
  const taken = rows.filter(
    (other) => meet(row, other) && other.keys.some((held) => clash(held, key)),
  );
  const next = { ...own, [row.action]: put(row.keys, slot.at, key) };
  if (!taken.length) return { own: withoutDefaults(next) };
  const [holder] = taken;
  const at = holder.keys.indexOf(key);
  const freed = row.keys[slot.at];
  const swapped = { ...next, [holder.action]: put(holder.keys, at, freed) };
  const isPossible =
    taken.length === 1 &&
    holder !== row &&
    at >= 0 &&
    freed !== undefined &&
    !rows.some(
      (other) =>
        other !== row &&
        other !== holder &&
        meet(holder, other) &&
        other.keys.some((held) => clash(held, freed)),
    );
  return { holder, swapped: isPossible ? withoutDefaults(swapped) : null };
}

/**
 * @param {string[]} keys
 * @param {number} at
 * @param {string} key
 */
function put(keys, at, key) {
  const changed = [...keys];
  changed[at] = key;
  return changed;
}

/**
 * True where one press could mean either: they are the same, or one is the beginning of the other.
 * @param {string} a
 * @param {string} b
 */
function clash(a, b) {
  return a === b || a.startsWith(`${b} `) || b.startsWith(`${a} `);
}

/**
 * Only what differs from the table is the user's own, so that a later version may change the rest.
 * @param {OwnKeys} own
 * @returns {OwnKeys}
 */
function withoutDefaults(own) {
  return Object.fromEntries(
    SHORTCUTS.filter(({ action, keys }) => own[action] && own[action].join() !== keys.join()).map(
      ({ action }) => [action, own[action]],
    ),
  );
}
