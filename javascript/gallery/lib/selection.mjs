/**
 * What is selected, by key (the path), so that it survives another sort order. A value: every change returns a new one.
 * @typedef {Object} Selection
 * @property {ReadonlySet<string>} keys
 * @property {string|null} anchor  where a range starts
 */

/** @type {Selection} */
export const NOTHING = Object.freeze({ keys: new Set(), anchor: null });

/**
 * @param {Selection} selection
 * @param {string} key
 * @returns {Selection}
 */
export function toggle(selection, key) {
  const keys = new Set(selection.keys);
  if (!keys.delete(key)) keys.add(key);
  return { keys, anchor: key };
}

/**
 * All keys from the anchor to ``key`` as they are displayed, added to what is selected. Without an anchor, just the key.
 * @param {Selection} selection
 * @param {string} key
 * @param {readonly string[]} displayed
 * @returns {Selection}
 */
export function extend(selection, key, displayed) {
  const from = selection.anchor === null ? -1 : displayed.indexOf(selection.anchor);
  const to = displayed.indexOf(key);
  if (from < 0 || to < 0) return { keys: new Set([...selection.keys, key]), anchor: key };
  const range = displayed.slice(Math.min(from, to), Math.max(from, to) + 1);
  return { keys: new Set([...selection.keys, ...range]), anchor: selection.anchor };
}

/**
 * @param {readonly string[]} displayed
 * @returns {Selection}
 */
export function all(displayed) {
  return { keys: new Set(displayed), anchor: displayed[0] ?? null };
}

/**
 * Without what is no longer there.
 * @param {Selection} selection
 * @param {readonly string[]} displayed
 * @returns {Selection}
 */
export function keepOnly(selection, displayed) {
  if (!selection.keys.size) return selection;
  const there = new Set(displayed);
  const keys = new Set([...selection.keys].filter((key) => there.has(key)));
  return { keys, anchor: selection.anchor !== null && there.has(selection.anchor) ? selection.anchor : null };
}
