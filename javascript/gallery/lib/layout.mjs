/** @typedef {import('./types.mjs').Rect} Rect */

/**
 * A run of rows. Rows hold consecutive items, so a block of any kind (squares, cards, later
 * justified rows) is told by these few functions, all relative to the block: rows and items from 0,
 * pixels from the block's top left.
 * @typedef {Object} Block
 * @property {number} count  items
 * @property {number} rows
 * @property {number} height
 * @property {(row: number) => number} rowTop
 * @property {(row: number) => number} rowHeight
 * @property {(row: number) => number} rowFirst  first item of the row
 * @property {(row: number) => number} rowSize  items in the row
 * @property {(item: number) => number} rowOf
 * @property {(y: number) => number} rowAt  the row whose band holds y, clamped
 * @property {(item: number) => number} left
 * @property {(item: number) => number} width
 */

/**
 * @typedef {Object} Layout
 * @property {number} count
 * @property {number} rows
 * @property {number} height
 * @property {(item: number) => Rect} rect
 * @property {(row: number) => {top: number, height: number, first: number, size: number, block: number}} row
 * @property {(item: number) => number} rowOf
 * @property {(y: number) => number} rowAt  the row at or next below y, clamped
 * @property {(block: number) => number} blockTop  where a block begins, with its head
 * @property {(x: number, y: number) => number} itemAt  the item nearest to a point; -1 in an empty layout
 */

/**
 * How many columns make items come closest to a wanted width.
 * @param {number} width
 * @param {number} wanted
 * @param {number} gap
 * @param {number} atLeast
 * @returns {number}
 */
export function columnsFor(width, wanted, gap, atLeast = 1) {
  return Math.max(atLeast, Math.round((width + gap) / (wanted + gap)));
}

/**
 * Items of one size in a regular grid that fills the width to the pixel.
 * @param {{count: number, width: number, columns: number, gap: number, itemHeight?: number}} options
 *   itemHeight: as high as wide where not given
 * @returns {Block}
 */
export function uniformBlock({ count, width, columns, gap, itemHeight }) {
  const pitch = (width + gap) / columns;
  const height = itemHeight ?? Math.max(1, Math.floor(pitch - gap));
  const step = height + gap;
  const rows = Math.ceil(count / columns);
  /** @param {number} column */
  const edge = (column) => Math.round(column * pitch);
  return {
    count,
    rows,
    height: rows ? rows * step - gap : 0,
    rowTop: (row) => row * step,
    rowHeight: () => height,
    rowFirst: (row) => row * columns,
    rowSize: (row) => Math.min(columns, count - row * columns),
    rowOf: (item) => Math.floor(item / columns),
    rowAt: (y) => clamp(Math.floor((y + gap) / step), 0, rows - 1),
    left: (item) => edge(item % columns),
    width: (item) => edge((item % columns) + 1) - edge(item % columns) - gap,
  };
}

/**
 * Runs of items side by side in one row, each from a place of its own; items as large as in a
 * regular grid of these columns.
 * @param {{runs: {count: number, left: number}[], width: number, columns: number, gap: number}} options
 * @returns {Block}
 */
export function rowBlock({ runs, width, columns, gap }) {
  const pitch = (width + gap) / columns;
  const size = Math.max(1, Math.floor(pitch - gap));
  const lefts = runs.flatMap(({ count, left }) =>
    Array.from({ length: count }, (_, i) => left + Math.round(i * pitch)),
  );
  return {
    count: lefts.length,
    rows: 1,
    height: size,
    rowTop: () => 0,
    rowHeight: () => size,
    rowFirst: () => 0,
    rowSize: () => lefts.length,
    rowOf: () => 0,
    rowAt: () => 0,
    left: (item) => lefts[item],
    width: () => size,
  };
}

/**
 * Runs of items of their own shapes side by side in one row, each from a place of its own.
 * @param {{runs: {shapes: number[], left: number}[], height: number, gap: number}} options  shapes: width by
 *   height
 * @returns {Block}
 */
export function shapesBlock({ runs, height, gap }) {
  /** @type {number[]} */
  const lefts = [];
  /** @type {number[]} */
  const widths = [];
  for (const { shapes, left } of runs) {
    let next = left;
    for (const shape of shapes) {
      lefts.push(next);
      widths.push(Math.max(1, Math.round(shape * height)));
      next += widths[widths.length - 1] + gap;
    }
  }
  return {
    count: lefts.length,
    rows: 1,
    height,
    rowTop: () => 0,
    rowHeight: () => height,
    rowFirst: () => 0,
    rowSize: () => lefts.length,
    rowOf: () => 0,
    rowAt: () => 0,
    left: (item) => lefts[item],
    width: (item) => widths[item],
  };
}

/**
 * About as much room as items of one shape take in rows of a wanted height: what stands for items
 * that are not known yet.
 * @param {{count: number, width: number, height: number, gap: number, ratio: number}} options
 * @returns {Block}
 */
export function looseBlock({ count, width, height, gap, ratio }) {
  const rows = Math.min(count, Math.max(1, Math.round((count * ratio * height) / width)));
  /** @param {number} row */
  const first = (row) => Math.ceil((row * count) / rows);
  /** @param {number} item */
  const rowOf = (item) => Math.floor((item * rows) / count);
  const pitch = Math.min(height * ratio + gap, (width + gap) / Math.ceil(count / rows));
  return {
    count,
    rows,
    height: rows * (height + gap) - gap,
    rowOf,
    rowTop: (row) => row * (height + gap),
    rowHeight: () => height,
    rowFirst: first,
    rowSize: (row) => first(row + 1) - first(row),
    rowAt: (y) => clamp(Math.floor((y + gap) / (height + gap)), 0, rows - 1),
    left: (item) => Math.round((item - first(rowOf(item))) * pitch),
    width: () => Math.max(1, Math.floor(pitch - gap)),
  };
}

/**
 * A block whose rows have room for a text below them.
 * @param {Block} block
 * @param {number} px
 * @returns {Block}
 */
export function withText(block, px) {
  if (!px) return block;
  const rowTop = (/** @type {number} */ row) => block.rowTop(row) + row * px;
  return {
    ...block,
    height: block.height + block.rows * px,
    rowTop,
    rowHeight: (row) => block.rowHeight(row) + px,
    rowAt: (y) => lastAtMost(block.rows, rowTop, y),
  };
}

/**
 * Blocks one below the other, as one layout.
 * @param {Block[]} blocks
 * @param {{space?: number, padding?: number, head?: number|number[]}} [options]  space between blocks;
 *   padding above the first and below the last;
 *     head: height kept free above each block for its heading, the same for all or one for each
 * @returns {Layout}
 */
export function stack(blocks, { space = 0, padding = 0, head = 0 } = {}) {
  /**
   * @type {{block: Block, number: number, head: number, top: number, firstRow: number, firstItem: number}[]}
   */
  const parts = [];
  let top = padding;
  let firstRow = 0;
  let firstItem = 0;
  for (const [number, block] of blocks.entries()) {
    if (!block.count) continue;
    const above = typeof head === 'number' ? head : head[number];
    top += above;
    parts.push({ block, number: parts.length, head: above, top, firstRow, firstItem });
    top += block.height + space;
    firstRow += block.rows;
    firstItem += block.count;
  }
  const height = parts.length ? top - space + padding : 0;
  /** @param {number} item */
  const partOfItem = (item) => parts[lastAtMost(parts.length, (i) => parts[i].firstItem, item)];
  /** @type {Layout['row']} */
  const row = (index) => {
    const part = parts[lastAtMost(parts.length, (i) => parts[i].firstRow, index)];
    const inner = index - part.firstRow;
    return {
      top: part.top + part.block.rowTop(inner),
      height: part.block.rowHeight(inner),
      first: part.firstItem + part.block.rowFirst(inner),
      size: part.block.rowSize(inner),
      block: part.number,
    };
  };
  /** @type {Layout['rect']} */
  const rect = (item) => {
    const part = partOfItem(item);
    const inner = item - part.firstItem;
    const line = part.block.rowOf(inner);
    return {
      top: part.top + part.block.rowTop(line),
      left: part.block.left(inner),
      width: part.block.width(inner),
      height: part.block.rowHeight(line),
    };
  };
  /** @type {Layout['rowAt']} */
  const rowAt = (y) => {
    if (!parts.length) return -1;
    const part = parts[lastAtMost(parts.length, (i) => parts[i].top - space - parts[i].head, y)];
    return part.firstRow + part.block.rowAt(y - part.top);
  };
  /** @type {Layout['itemAt']} */
  const itemAt = (x, y) => {
    if (!parts.length) return -1;
    const { first, size } = row(rowAt(y));
    let best = first;
    for (let item = first; item < first + size; item += 1) {
      if (rect(item).left <= x) best = item;
    }
    return best;
  };
  /** @param {number} item */
  const rowOf = (item) => {
    const part = partOfItem(item);
    return part.firstRow + part.block.rowOf(item - part.firstItem);
  };
  /** @param {number} block */
  const blockTop = (block) => parts[block].top - parts[block].head;
  return { count: firstItem, rows: firstRow, height, rect, row, rowOf, rowAt, blockTop, itemAt };
}

/**
 * Rows to keep as elements: the visible ones and as many beyond as the budget of tiles allows.
 * @param {Layout} layout
 * @param {{top: number, height: number, overscan: number, budget: number}} view  overscan: pixels wanted
 *   above and below
 * @returns {{first: number, last: number, firstVisible: number, lastVisible: number}}  inclusive; last <
 *   first where there is nothing
 */
export function rowsInView(layout, { top, height, overscan, budget }) {
  if (!layout.rows) return { first: 0, last: -1, firstVisible: 0, lastVisible: -1 };
  const firstVisible = layout.rowAt(top);
  const lastVisible = layout.rowAt(top + height);
  let first = firstVisible;
  let last = lastVisible;
  let left = budget;
  for (let row = first; row <= last; row += 1) left -= layout.row(row).size;
  for (;;) {
    const above =
      first > 0 && layout.row(first - 1).top + layout.row(first - 1).height > top - overscan
        ? layout.row(first - 1).size
        : 0;
    if (above && above <= left) {
      first -= 1;
      left -= above;
    }
    const below =
      last < layout.rows - 1 && layout.row(last + 1).top < top + height + overscan
        ? layout.row(last + 1).size
        : 0;
    if (below && below <= left) {
      last += 1;
      left -= below;
    }
    if ((!above || above > left) && (!below || below > left)) break;
  }
  return { first, last, firstVisible, lastVisible };
}

/**
 * Smallest width of a square tile with which a viewport stays within a budget of tiles.
 * @param {number} width
 * @param {number} height
 * @param {number} budget
 * @returns {number}
 */
export function smallestTile(width, height, budget) {
  return Math.ceil(Math.sqrt((width * (height + 200)) / budget));
}

/**
 * Where a key leads from an item. Up and down keep the column, also across blocks of other columns.
 * @param {Layout} layout
 * @param {number} item  -1: nothing is current yet
 * @param {'left'|'right'|'up'|'down'|'first'|'last'|'pageUp'|'pageDown'} direction
 * @param {number} page  height of the viewport
 * @returns {number}
 */
export function moveBy(layout, item, direction, page) {
  const end = layout.count - 1;
  if (end < 0) return -1;
  if (direction === 'first') return 0;
  if (direction === 'last') return end;
  if (item < 0) return 0;
  if (direction === 'left') return Math.max(0, item - 1);
  if (direction === 'right') return Math.min(end, item + 1);
  const from = layout.rect(item);
  const centre = from.left + from.width / 2;
  const row = layout.rowOf(item);
  if (direction === 'up') return row === 0 ? item : inRow(layout, row - 1, centre);
  if (direction === 'down') return row === layout.rows - 1 ? item : inRow(layout, row + 1, centre);
  const distance = direction === 'pageUp' ? -page : page;
  const target = layout.rowAt(from.top + from.height / 2 + distance);
  return inRow(
    layout,
    target === row ? clamp(row + Math.sign(distance), 0, layout.rows - 1) : target,
    centre,
  );
}

/**
 * Scroll position that brings a rectangle into view with the least movement.
 * @param {Rect} rect
 * @param {{top: number, height: number}} view
 * @param {number} margin
 * @returns {number}
 */
export function scrollToShow(rect, view, margin) {
  if (rect.top - margin < view.top) return Math.max(0, rect.top - margin);
  const bottom = rect.top + rect.height + margin;
  return bottom > view.top + view.height ? bottom - view.height : view.top;
}

/**
 * @param {Layout} layout
 * @param {number} row
 * @param {number} x
 */
function inRow(layout, row, x) {
  return layout.itemAt(x, layout.row(row).top + 1);
}

/**
 * Index of the last of ascending values that is at most ``wanted``, 0 where none is.
 * @param {number} length
 * @param {(i: number) => number} valueAt
 * @param {number} wanted
 */
function lastAtMost(length, valueAt, wanted) {
  let low = 0;
  let high = length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (valueAt(middle) <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
function clamp(value, low, high) {
  return Math.max(low, Math.min(high, value));
}
