import { byMonth, packDays } from './days.mjs';
import { justifiedBlock, tamed, USUAL } from './justified.mjs';
import {
  columnsFor,
  looseBlock,
  rowBlock,
  shapesBlock,
  smallestTile,
  stack,
  uniformBlock,
  withText,
} from './layout.mjs';

/** @typedef {import('./days.mjs').Day} Day */
/** @typedef {import('./days.mjs').DayGroup} DayGroup */
/** @typedef {import('./layout.mjs').Block} Block */

/** A tile more than this is never kept as an element, however large the screen. */
export const BUDGET = 480;
export const GAP = 4;
export const PADDING = 12;
/** A line of the list, and the picture in it. */
export const LINE = { height: 56, picture: 44 };
/** Room for what stands below a tile: a line, or two. @type {Record<Below, number>} */
const TEXT = { '': 0, name: 24, prompt: 42 };
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

/** Between groups that share a row. */
const ROW_GAP = 24;
/** No picture is slimmer in a row of whole pictures. */
const SLIMMEST = 0.4;

/** @typedef {'square'|'justified'|'list'} Shape */
/** @typedef {''|'name'|'prompt'} Below  what stands below a tile */

/**
 * What a grid shows, as far as its layout is concerned.
 * @typedef {Object} Contents
 * @property {number} count
 * @property {number} folders
 * @property {Day[]|null} days  files under headings of their days, or of another value; null: without
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
 * @param {{width: number, height: number, wanted: number, below?: Below}} view  wanted: width of a tile, or
 *   height of a justified row
 * @param {Map<string, Block>} [known]  justified blocks from before, for the same view; filled
 * @returns {Arrangement}
 */
export function arrange(source, { width, height, wanted, below: text = '' }, known = new Map()) {
  const { count, folders, days } = source;
  if (source.shape === 'list') return listed(source, width);
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
  const itemHeight = Math.round(cardWidth * CARD.shape) + CARD.text;
  const cards = uniformBlock({
    count: folders,
    width,
    columns: cardColumns,
    gap: CARD.gap,
    itemHeight,
  });
  if (days) {
    const isSquare = source.shape === 'square';
    const parts = isSquare ? squares(days, look) : justified(source, lines, known);
    const blocks = parts.blocks.map((block) => withText(block, TEXT[text]));
    return { ...below(folders ? cards : null, { ...parts, blocks }), columns, cardWidth };
  }
  if (source.shape === 'justified')
    return { ...withCards(cards, source, lines, known, TEXT[text]), columns, cardWidth };
  const tiles = withText(uniformBlock({ count: count - folders, ...look }), TEXT[text]);
  return {
    layout: stack([cards, tiles], { space: SPACE_BETWEEN_BLOCKS, padding: PADDING }),
    groups: null,
    columns,
    cardWidth,
  };
}

/**
 * One line each, folders first.
 * @param {Contents} source
 * @param {number} width
 * @returns {Arrangement}
 */
function listed({ count, folders, days }, width) {
  const look = { width, columns: 1, gap: 0 };
  const block = (/** @type {number} */ size) =>
    uniformBlock({ count: size, ...look, itemHeight: LINE.height });
  const cards = block(folders);
  const sizes = { columns: 1, cardWidth: LINE.picture };
  if (!days) {
    const layout = stack([cards, block(count - folders)], { padding: PADDING });
    return { layout, groups: null, ...sizes };
  }
  // No day is so short that it shares a line.
  const groups = packDays(days, { ...look, heading: width });
  const blocks = groups.map((group) => block(group.count));
  return {
    ...below(folders ? cards : null, { blocks, groups, head: groups.map(headOf) }),
    ...sizes,
  };
}

/**
 * Blocks under headings, with the groups whose headings these are, and the room for them.
 * @typedef {{blocks: Block[], groups: (DayGroup|null)[], head: number[]}} Headed
 */

/**
 * Cards of folders, and files under headings below them.
 * @param {Block|null} cards
 * @param {Headed} files
 */
function below(cards, { blocks, groups, head }) {
  const options = { space: PADDING, padding: 4 };
  if (!cards) return { layout: stack(blocks, { ...options, head }), groups };
  return {
    layout: stack([cards, ...blocks], { ...options, head: [PADDING - options.padding, ...head] }),
    groups: [null, ...groups],
  };
}

/**
 * Squares under their days, small days side by side.
 * @param {Day[]} days
 * @param {{width: number, columns: number, gap: number}} look
 * @returns {Headed}
 */
function squares(days, look) {
  const groups = packDays(days, { ...look, heading: HEADING.width });
  const blocks = groups.map((group) =>
    group.runs.length > 1
      ? rowBlock({ runs: group.runs, ...look })
      : uniformBlock({ count: group.count, ...look }),
  );
  return { blocks, groups, head: groups.map(headOf) };
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
 * @returns {Headed}
 */
function justified(source, lines, known) {
  const all = source.days ?? [];
  if (all[0]?.name !== undefined) return named(source, all, lines, known);
  const isSparse = source.count < all.length * SPARSE;
  const blocks = [];
  /** @type {(DayGroup|null)[]} */
  const groups = [];
  const head = [];
  let first = source.folders;
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
  return { blocks, groups, head };
}

/**
 * Rows of whole pictures under headings of names; what is short shares a row.
 * @param {Contents} source
 * @param {Day[]} sections
 * @param {{width: number, height: number, gap: number}} lines
 * @param {Map<string, Block>} known
 * @returns {Headed}
 */
function named(source, sections, lines, known) {
  const { width, height, gap } = lines;
  /** @type {Headed} */
  const headed = { blocks: [], groups: [], head: [] };
  /** @type {{group: DayGroup, runs: {shapes: number[], left: number}[], end: number}|null} */
  let row = null;
  let first = source.folders;
  for (const { start, count, name } of sections) {
    const shapes = count * height * SLIMMEST > width ? null : shapesOf(source, first, count);
    const needs = shapes
      ? shapes.reduce((sum, shape) => sum + shape * height + gap, -gap)
      : Infinity;
    const left = row ? row.end + ROW_GAP : 0;
    const slot = Math.max(needs, HEADING.width);
    if (row && shapes && left + slot <= width) {
      row.group.days.push({ start, left, name });
      row.group.runs.push({ count, left });
      row.group.count += count;
      row.runs.push({ shapes, left });
      row.end = left + slot;
      headed.blocks[headed.blocks.length - 1] = shapesBlock({ runs: row.runs, height, gap });
    } else {
      const group = {
        days: [{ start, left: 0, name }],
        runs: [{ count, left: 0 }],
        count,
        month: null,
      };
      const isShort = shapes !== null && needs <= width;
      row = isShort ? { group, runs: [{ shapes, left: 0 }], end: slot } : null;
      const parts = row
        ? [shapesBlock({ runs: row.runs, height, gap })]
        : chunks(first, count, source, lines, known);
      headed.blocks.push(...parts);
      headed.groups.push(group, ...Array(parts.length - 1).fill(null));
      headed.head.push(HEADING.height, ...Array(parts.length - 1).fill(GAP - PADDING));
    }
    first += count;
  }
  return headed;
}

/**
 * @param {Contents} source
 * @param {number} first
 * @param {number} count
 */
function shapesOf(source, first, count) {
  return Array.from(source.ratios(first, count) ?? new Float32Array(count), tamed);
}

/**
 * @param {Block} cards
 * @param {Contents} source
 * @param {{width: number, height: number, gap: number}} lines
 * @param {Map<string, Block>} known
 * @param {number} text  room below each row
 */
function withCards(cards, source, lines, known, text) {
  const found = chunks(source.folders, source.count - source.folders, source, lines, known);
  const parts = found.map((block) => withText(block, text));
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
