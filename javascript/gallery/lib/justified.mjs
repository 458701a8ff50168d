/** @typedef {import('./layout.mjs').Block} Block */

/** Shapes beyond these would make a row of their own, or a sliver: the picture is cropped to them. */
const NARROWEST = 0.4;
const WIDEST = 3;
/** What a picture of unknown shape counts as. */
export const USUAL = 0.85;

/**
 * @param {number} ratio  width by height; 0 or NaN where it is not known
 * @returns {number}
 */
export function tamed(ratio) {
  return ratio > 0 ? Math.min(WIDEST, Math.max(NARROWEST, ratio)) : USUAL;
}

/**
 * Items side by side in their own shapes, each row as wide as the grid. Rows are cut where the sum
 * of the shapes says, not one after the other: so none is left over at the end, and a block can be
 * laid out without its neighbours.
 * @param {{ratios: ArrayLike<number>, width: number, height: number, gap: number}} options  height: wanted
 *   height of a row
 * @returns {Block}
 */
export function justifiedBlock({ ratios, width, height, gap }) {
  const count = ratios.length;
  const shapes = Array.from(ratios, tamed);
  const total = shapes.reduce((sum, ratio) => sum + ratio, 0);
  const rows = Math.min(count, rowsFor(total, width, height));
  const starts = cut(shapes, total, rows);
  const lefts = new Int32Array(count);
  const widths = new Int32Array(count);
  const tops = new Int32Array(rows);
  const heights = new Int32Array(rows);
  let top = 0;
  for (let row = 0; row < rows; row += 1) {
    const first = starts[row];
    const end = row + 1 < rows ? starts[row + 1] : count;
    tops[row] = top;
    heights[row] = fill({
      shapes,
      first,
      end,
      width,
      gap,
      wanted: rows === 1 ? height : 0,
      lefts,
      widths,
    });
    top += heights[row] + gap;
  }
  /** @param {number} item */
  const rowOf = (item) => lastAtMost(starts, item);
  return {
    count,
    rows,
    height: rows ? top - gap : 0,
    rowOf,
    rowTop: (row) => tops[row],
    rowHeight: (row) => heights[row],
    rowFirst: (row) => starts[row],
    rowSize: (row) => (row + 1 < rows ? starts[row + 1] : count) - starts[row],
    rowAt: (y) => lastAtMost(tops, y),
    left: (item) => lefts[item],
    width: (item) => widths[item],
  };
}

/**
 * How many rows items of these shapes need.
 * @param {number} total  sum of their shapes
 * @param {number} width
 * @param {number} height
 * @returns {number}
 */
export function rowsFor(total, width, height) {
  return total > 0 ? Math.max(1, Math.round((total * height) / width)) : 0;
}

/**
 * The first item of each row, so that the rows are about equally full and none is empty.
 * @param {number[]} shapes
 * @param {number} total
 * @param {number} rows
 */
function cut(shapes, total, rows) {
  const starts = new Int32Array(rows);
  let sum = 0;
  let row = 1;
  for (let item = 0; item < shapes.length && row < rows; item += 1) {
    const edge = (total * row) / rows;
    const mustStart = shapes.length - item === rows - row;
    if (item > starts[row - 1] && (mustStart || sum + shapes[item] / 2 > edge)) {
      starts[row] = item;
      row += 1;
    }
    sum += shapes[item];
  }
  return starts;
}

/**
 * @typedef {Object} Row  a row that is full
 * @property {number[]} shapes
 * @property {number} first
 * @property {number} end
 * @property {number} width
 * @property {number} gap
 * @property {number} wanted
 * @property {Int32Array} lefts
 * @property {Int32Array} widths
 */

/**
 * Places one row and returns its height.
 * @param {Row} row
 *     wanted: height of a row that is mostly empty, instead of blowing its pictures up; 0: none is
 */
function fill({ shapes, first, end, width, gap, wanted, lefts, widths }) {
  let sum = 0;
  for (let item = first; item < end; item += 1) sum += shapes[item];
  const room = width - gap * (end - first - 1);
  const isShort = wanted > 0 && sum * wanted < room * 0.7;
  const height = isShort ? wanted : Math.max(1, Math.round(room / sum));
  let edge = 0;
  let before = 0;
  for (let item = first; item < end; item += 1) {
    before += shapes[item];
    const right =
      Math.round(isShort ? before * height : (before / sum) * room) + (item - first) * gap;
    lefts[item] = edge;
    widths[item] = Math.max(1, right - edge);
    edge = right + gap;
  }
  return height;
}

/**
 * @param {Int32Array} values  ascending
 * @param {number} wanted
 */
function lastAtMost(values, wanted) {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (values[middle] <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
}
