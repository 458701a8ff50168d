import { packDays } from './days.mjs';
import { columnsFor, rowBlock, smallestTile, stack, uniformBlock } from './layout.mjs';

/** A tile more than this is never kept as an element, however large the screen. */
export const BUDGET = 480;
export const GAP = 4;
export const PADDING = 12;
export const HEADING = { width: 168, height: 36 };
/** Folders: a picture of this shape, and two lines of text below. A few folders alone on a page may be larger. */
const CARD = { width: 208, large: 300, few: 6, shape: 0.72, text: 54, gap: 12 };
const SPACE_BETWEEN_BLOCKS = 16;

/**
 * @typedef {Object} Arrangement
 * @property {import('./layout.mjs').Layout} layout
 * @property {import('./days.mjs').DayGroup[]|null} groups  one for each block of the layout, where there are headings
 * @property {number} columns  of the tiles
 * @property {number} cardWidth
 */

/**
 * Where everything in a grid goes: cards of folders above tiles of files, or files under their days.
 * @param {{count: number, folders: number, days: import('./days.mjs').Day[]|null}} source
 * @param {{width: number, height: number, wanted: number}} view  wanted: width of a tile
 * @returns {Arrangement}
 */
export function arrange({ count, folders, days }, { width, height, wanted }) {
  const columns = columnsFor(width, Math.max(wanted, smallestTile(width, height, BUDGET)), GAP, 2);
  const cardColumns = columnsFor(width, count === folders && folders <= CARD.few ? CARD.large : CARD.width, CARD.gap, 2);
  const cardWidth = (width + CARD.gap) / cardColumns - CARD.gap;
  const look = { width, columns, gap: GAP };
  if (days) {
    const groups = packDays(days, { ...look, heading: HEADING.width });
    const blocks = groups.map((group) => (group.runs.length > 1 ? rowBlock({ runs: group.runs, ...look }) : uniformBlock({ count: group.count, ...look })));
    return { layout: stack(blocks, { space: PADDING, head: HEADING.height }), groups, columns, cardWidth };
  }
  const itemHeight = Math.round(cardWidth * CARD.shape) + CARD.text;
  const cards = uniformBlock({ count: folders, width, columns: cardColumns, gap: CARD.gap, itemHeight });
  const tiles = uniformBlock({ count: count - folders, ...look });
  return { layout: stack([cards, tiles], { space: SPACE_BETWEEN_BLOCKS, padding: PADDING }), groups: null, columns, cardWidth };
}
