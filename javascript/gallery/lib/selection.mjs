/** @typedef {import('./types.mjs').Item} Item */

/**
 * What is selected, by key (the path), so that it survives another sort order and needs no grid. A
 * value: every change returns a new one.
 * @typedef {Object} Selection
 * @property {ReadonlyMap<string, Item>} keys  in the order in which they were selected; those left out where
 *   ``everything`` is set
 * @property {string|null} anchor  where a range starts
 * @property {{count: number}|null} everything  all results of what is shown, and how many they are; null:
 *   just ``keys``
 */

/** @type {Selection} */
export const NOTHING = Object.freeze({ keys: new Map(), anchor: null, everything: null });

/**
 * @param {Selection} selection
 * @param {string} key
 */
export function has({ keys, everything }, key) {
  return keys.has(key) !== (everything !== null);
}

/** @param {Selection} selection */
export function size({ keys, everything }) {
  return everything ? everything.count - keys.size : keys.size;
}

/**
 * @param {Selection} selection
 * @param {Item} item
 * @returns {Selection}
 */
export function toggle(selection, item) {
  const keys = new Map(selection.keys);
  if (!keys.delete(item.path)) keys.set(item.path, item);
  return settled({ ...selection, keys, anchor: item.path });
}

/**
 * The items of a range added to what is selected; the anchor stays, so that the range can be drawn
 * anew from it.
 * @param {Selection} selection
 * @param {Iterable<Item>} items
 * @param {string|null} [anchor]
 * @returns {Selection}
 */
export function add(selection, items, anchor = selection.anchor) {
  const keys = new Map(selection.keys);
  for (const item of items) {
    if (selection.everything) keys.delete(item.path);
    else keys.set(item.path, item);
  }
  return { ...selection, keys, anchor };
}

/**
 * These no longer.
 * @param {Selection} selection
 * @param {Iterable<Item>} items
 * @returns {Selection}
 */
export function remove(selection, items) {
  const keys = new Map(selection.keys);
  for (const item of items) {
    if (selection.everything) keys.set(item.path, item);
    else keys.delete(item.path);
  }
  return settled({ ...selection, keys });
}

/**
 * Just these.
 * @param {Iterable<Item>} items
 * @returns {Selection}
 */
export function only(items) {
  const keys = new Map([...items].map((item) => [item.path, item]));
  return { keys, anchor: keys.keys().next().value ?? null, everything: null };
}

/**
 * All results, of which the page may know only some.
 * @param {number} count
 * @returns {Selection}
 */
export function everything(count) {
  return count > 0 ? { keys: new Map(), anchor: null, everything: { count } } : NOTHING;
}

/**
 * Without what is no longer there.
 * @param {Selection} selection
 * @param {Iterable<string>} gone
 * @returns {Selection}
 */
export function without(selection, gone) {
  const keys = new Map(selection.keys);
  let count = selection.everything?.count ?? 0;
  for (const key of gone) {
    const left = keys.delete(key);
    if (!left) count -= 1;
  }
  const anchor =
    selection.anchor !== null && (keys.has(selection.anchor) || selection.everything)
      ? selection.anchor
      : null;
  return settled({ keys, anchor, everything: selection.everything && { count } });
}

/**
 * Only what is still shown.
 * @param {Selection} selection
 * @param {readonly string[]} displayed
 * @returns {Selection}
 */
export function keepOnly(selection, displayed) {
  if (!selection.keys.size || selection.everything) return selection;
  const there = new Set(displayed);
  return without(
    selection,
    [...selection.keys.keys()].filter((key) => !there.has(key)),
  );
}

/** @param {Selection} selection */
function settled(selection) {
  return selection.everything && size(selection) <= 0 ? NOTHING : selection;
}
