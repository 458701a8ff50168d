import { byMonth, packDays } from './days.mjs';
import { justifiedBlock, USUAL } from './justified.mjs';
import { columnsFor, looseBlock, rowBlock, smallestTile, stack, uniformBlock } from './layout.mjs';

/** @typedef {import('./days.mjs').Day} Day */
/** @typedef {import('./days.mjs').DayGroup} DayGroup */
/** @typedef {import('./layout.mjs').Block} Block */

/** A tile more than this is never kept as an element, however large the screen. */
export const BUDGET = 480;
export const GAP = 4;
export const PADDING = 12;
export const HEADING = { width: 168, height: 32, month: 40 };
/**
 * Folders: a picture of this shape, and two lines of text below. A few folders alone on a page may
 * be larger.
 */
const CARD = { width: 208, large: 300, few: 6, shape: 0.72, text: 54, gap: 12 };
const SPACE_BETWEEN_BLOCKS = 16;
/**
 * Justified rows are laid out by so many items, so that a part of a long day can be when the rest
 * is not known yet.
 */
const CHUNK = 100;
/**
 * A day has fewer pictures than this in most libraries whose grid would be mostly empty with a
 * heading for each.
 */
const SPARSE = 4;

/** @typedef {'square'|'justified'} Shape */

/**
 * What a grid shows, as far as its layout is concerned.
 * @typedef {Object} Contents
 * @property {number} count
 * @property {number} folders
 * @property {Day[]|null} days
 * @property {Shape} shape
 * @property {(first: number, count: number) => Float32Array|null} ratios  width by height of some files;
 *   null where they are not known
 */

/**
 * @typedef {Object} Arrangement
 * @property {import('./layout.mjs').Layout} layout
 * @property {(DayGroup|null)[]|null} groups  one for each block of the layout, where there are headings
 * @property {number} columns  of the tiles
 * @property {number} cardWidth
 */

/**
 * Where everything in a grid goes: cards of folders above tiles of files, or files under their days.
 * @param {Contents} source
 * @param {{width: number, height: number, wanted: number}} view  wanted: width of a tile, or height of a
 *   justified row
 * @param {Map<string, Block>} [known]  justified blocks from before, for the same view; filled
 * @returns {Arrangement}
 */
export function arrange(source, { width, height, wanted }, known = new Map()) {
  const { count, folders, days } = source;
  const least = Math.max(wanted, smallestTile(width, height, BUDGET));
  const columns = columnsFor(width, least, GAP, 2);
  const cardColumns = columnsFor(
    width,
    count === folders && folders <= CARD.few ? CARD.large : CARD.width,
    CARD.gap,
    2,
  );
  const cardWidth = (width + CARD.gap) / cardColumns - CARD.gap;
  const look = { width, columns, gap: GAP };
  const lines = { width, height: Math.min(least, Math.round(width / 2)), gap: GAP };
  if (days)
    return {
      ...(source.shape === 'square' ? squares(days, look) : justified(source, lines, known)),
      columns,
      cardWidth,
    };
  const itemHeight = Math.round(cardWidth * CARD.shape) + CARD.text;
  const cards = uniformBlock({
    count: folders,
    width,
    columns: cardColumns,
    gap: CARD.gap,
    itemHeight,
  });
  if (source.shape === 'justified')
    return { ...withCards(cards, source, lines, known), columns, cardWidth };
  const tiles = uniformBlock({ count: count - folders, ...look });
  return {
    layout: stack([cards, tiles], { space: SPACE_BETWEEN_BLOCKS, padding: PADDING }),
    groups: null,
    columns,
    cardWidth,
  };
}

/**
 * Squares under their days, small days side by side.
 * @param {Day[]} days
 * @param {{width: number, columns: number, gap: number}} look
 */
function squares(days, look) {
  const groups = packDays(days, { ...look, heading: HEADING.width });
  const blocks = groups.map((group) =>
    group.runs.length > 1
      ? rowBlock({ runs: group.runs, ...look })
      : uniformBlock({ count: group.count, ...look }),
  );
  return {
    layout: stack(blocks, { space: PADDING, padding: 4, head: groups.map(headOf) }),
    groups,
  };
}

/** @param {DayGroup} group */
function headOf({ month }) {
  return HEADING.height + (month === null ? 0 : HEADING.month);
}

/**
 * Rows of whole pictures under their days, or under their months where most days have few.
 * @param {Contents} source
 * @param {{width: number, height: number, gap: number}} lines
 * @param {Map<string, Block>} known
 */
function justified(source, lines, known) {
  const all = source.days ?? [];
  const isSparse = source.count < all.length * SPARSE;
  const blocks = [];
  /** @type {(DayGroup|null)[]} */
  const groups = [];
  const head = [];
  let first = 0;
  let month = NaN;
  for (const { start, count } of isSparse ? byMonth(all) : all) {
    const date = new Date(start * 1000);
    const isFirst = date.getMonth() !== month;
    month = date.getMonth();
    const parts = chunks(first, count, source, lines, known);
    const group = {
      days: isSparse ? [] : [{ start, left: 0 }],
      runs: [{ count, left: 0 }],
      count,
      month: isFirst || isSparse ? start : null,
    };
    blocks.push(...parts);
    groups.push(group, ...Array(parts.length - 1).fill(null));
    head.push(
      headOf(group) - (isSparse ? HEADING.height : 0),
      ...Array(parts.length - 1).fill(GAP - PADDING),
    );
    first += count;
  }
  return { layout: stack(blocks, { space: PADDING, padding: 4, head }), groups };
}

/**
 * @param {Block} cards
 * @param {Contents} source
 * @param {{width: number, height: number, gap: number}} lines
 * @param {Map<string, Block>} known
 */
function withCards(cards, source, lines, known) {
  const parts = chunks(source.folders, source.count - source.folders, source, lines, known);
  const head = parts.map((_, i) => (i || !source.folders ? 0 : SPACE_BETWEEN_BLOCKS - GAP));
  return {
    layout: stack([cards, ...parts], { space: GAP, padding: PADDING, head: [0, ...head] }),
    groups: null,
  };
}

/**
 * @param {number} first
 * @param {number} count
 * @param {Contents} source
 * @param {{width: number, height: number, gap: number}} lines
 * @param {Map<string, Block>} known
 * @returns {Block[]}
 */
function chunks(first, count, source, lines, known) {
  const blocks = [];
  for (let at = 0; at < count; at += CHUNK) {
    // The end of a day is no chunk of its own: a single picture would be stretched over a row.
    const size = count - at < CHUNK * 1.5 ? count - at : CHUNK;
    blocks.push(chunk(first + at, size, source, lines, known));
    if (size !== CHUNK) break;
  }
  return blocks;
}

/**
 * @param {number} first
 * @param {number} count
 * @param {Contents} source
 * @param {{width: number, height: number, gap: number}} lines
 * @param {Map<string, Block>} known
 */
function chunk(first, count, source, lines, known) {
  const key = `${first} ${count}`;
  const kept = known.get(key);
  if (kept) return kept;
  const ratios = source.ratios(first, count);
  if (!ratios) return looseBlock({ count, ratio: USUAL, ...lines });
  const block = justifiedBlock({ ratios, ...lines });
  known.set(key, block);
  return block;
}
