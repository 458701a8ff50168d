import { NOTHING } from '../lib/selection.mjs';
import { naturalOrder, SORT_FIELDS } from '../lib/sort.mjs';
import { readPref } from './prefs.mjs';

/** @typedef {import('../lib/types.mjs').SortField} SortField */
/** @typedef {import('../lib/types.mjs').SortOrder} SortOrder */

/**
 * All that the page shows, except what scrolls by in the grid.
 * @typedef {Object} GalleryState
 * @property {'start'|'loading'|'ready'|'problem'} phase
 * @property {boolean} connecting  the server has not answered yet and is asked again
 * @property {import('../lib/problems.mjs').Problem|null} problem
 * @property {import('../lib/types.mjs').Root[]} roots
 * @property {string|null} folder  null: the list of roots
 * @property {import('../lib/columns.mjs').Columns|null} columns
 * @property {{folders: number, files: number, bytes: number}} totals
 * @property {SortField} sort
 * @property {SortOrder} order
 * @property {number} tile  wanted width in pixels
 * @property {boolean} refreshing
 * @property {import('../lib/selection.mjs').Selection} selection
 * @property {number} current  index as displayed; -1: none
 * @property {boolean} viewing
 * @property {boolean} bare  the viewer without its bar, after a tap
 * @property {boolean} infoInGrid
 * @property {boolean} infoInViewer
 * @property {import('../lib/types.mjs').GenerationInfo|null} info  of the current item
 * @property {boolean} infoFailed  it could not be read
 * @property {boolean} help
 */

/** @type {(value: unknown) => value is boolean} */
const isBoolean = (value) => typeof value === 'boolean';
/** @type {(value: unknown) => value is number} */
const isTile = (value) => typeof value === 'number' && value >= 40 && value <= 1000;
/** @type {(value: unknown) => value is SortField} */
const isSort = (value) => SORT_FIELDS.includes(/** @type {SortField} */ (value));
/** @type {(value: unknown) => value is SortOrder} */
const isOrder = (value) => value === 'asc' || value === 'desc';

/**
 * The state before anything is known, with the habits this browser remembers.
 * @param {{narrow: boolean}} screen
 * @returns {GalleryState}
 */
export function initialState({ narrow }) {
  const sort = readPref('sort', 'date', isSort);
  return {
    phase: 'start', connecting: false, problem: null, roots: [], folder: null, columns: null, totals: { folders: 0, files: 0, bytes: 0 },
    sort, order: readPref('order', naturalOrder(sort), isOrder), tile: readPref('tile', narrow ? 120 : 184, isTile), refreshing: false,
    selection: NOTHING, current: -1, viewing: false, bare: false,
    // On a phone the panel covers the picture, so there it only comes when asked for.
    infoInGrid: !narrow && readPref('infoInGrid', false, isBoolean), infoInViewer: !narrow && readPref('infoInViewer', true, isBoolean),
    info: null, infoFailed: false, help: false,
  };
}
