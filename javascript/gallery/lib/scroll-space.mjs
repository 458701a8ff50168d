/**
 * Browsers cannot make an element higher than 16 to 33 million pixels, and positions beyond 2^24
 * are no longer exact everywhere.
 */
const HIGHEST = 12_000_000;
/**
 * At both ends pixels of the scroll bar are pixels of the list, so that the first and last rows are
 * reached by the wheel.
 */
const END = 1_000_000;

/**
 * The heights that a scrolling element really has, for a list that may be higher than any element can be.
 * @typedef {Object} ScrollSpace
 * @property {number} height  of the element
 * @property {boolean} isScaled
 * @property {(real: number) => number} toVirtual  position in the list for a position of the scroll bar
 * @property {(virtual: number) => number} toReal
 */

/**
 * @param {number} height  of the list
 * @param {number} view  of the window on it
 * @param {{highest?: number, end?: number}} [limits]
 * @returns {ScrollSpace}
 */
export function scrollSpace(height, view, { highest = HIGHEST, end = END } = {}) {
  if (height <= highest)
    return { height, isScaled: false, toVirtual: (real) => real, toReal: (virtual) => virtual };
  const real = highest - view;
  const virtual = height - view;
  const ratio = (virtual - 2 * end) / (real - 2 * end);
  return {
    height: highest,
    isScaled: true,
    toVirtual: (y) =>
      y <= end ? y : y >= real - end ? virtual - (real - y) : end + (y - end) * ratio,
    toReal: (y) =>
      y <= end ? y : y >= virtual - end ? real - (virtual - y) : end + (y - end) / ratio,
  };
}
