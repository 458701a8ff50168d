const PREFIX = 'iib.';

/**
 * A habit of the user that this browser remembers. Storage may be forbidden inside a frame; then
 * the habit lasts as long as the page.
 * @template T
 * @param {string} name
 * @param {T} fallback
 * @param {(value: unknown) => value is T} isValid
 * @returns {T}
 */
export function readPref(name, fallback, isValid) {
  try {
    const value = JSON.parse(localStorage.getItem(PREFIX + name) ?? 'null');
    return isValid(value) ? value : fallback;
  } catch {
    return fallback;
  }
}

/**
 * @param {string} name
 * @param {unknown} value
 */
export function writePref(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // full or forbidden: nothing is lost but the habit
  }
}
