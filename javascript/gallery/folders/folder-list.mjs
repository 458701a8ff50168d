import { itemAt, KINDS, totals } from '../lib/columns.mjs';
import { daysOfDates, groupsOfValues, letterOf, sizeBand } from '../lib/groups.mjs';
import { sortRows } from '../lib/sort.mjs';

/** @typedef {import('../lib/columns.mjs').Columns} Columns */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../lib/types.mjs').Media} Media */
/** @typedef {import('../lib/types.mjs').Root} Root */
/** @typedef {import('../lib/types.mjs').SortField} SortField */
/** @typedef {import('../lib/types.mjs').SortOrder} SortOrder */

/**
 * How a list is to be shown.
 * @typedef {Object} Look
 * @property {SortField} sort
 * @property {SortOrder} order
 * @property {Media} media
 * @property {Root[]|null} roots  the rows are these
 * @property {boolean} [byPath]  the files are of several folders, so that a name does not tell them apart
 */

/** Folders and files of one folder, or the roots: a list of which everything is known. */
export class FolderList {
  /**
   * @param {Columns} columns
   * @param {Look} look
   */
  constructor(columns, { sort, order, media, roots, byPath = false }) {
    this.columns = columns;
    this.byPath = byPath;
    this.keys = byPath ? columns.paths : columns.names;
    this.roots = roots;
    this.isRoots = roots !== null;
    /** All of it is known, and none has to be asked for. */
    this.isPaged = false;
    const kind = KINDS.indexOf(/** @type {import('../lib/types.mjs').Kind} */ (media));
    const rows = sortRows(columns, sort, order);
    /** Rows of the columns in display order. */
    this.shown =
      media === 'all'
        ? rows
        : rows.filter((row) => columns.kinds[row] === 0 || columns.kinds[row] === kind);
    this.count = this.shown.length;
    this.totals = totals(columns);
    this.folders = this.totals.folders;
    this.days = null;
    /** What files are under: days, letters or sizes. */
    this.sections = roots === null ? this.sectionsBy(sort) : [];
    this.question = { sort: sort === 'size' ? 'bytes' : sort };
    this.starts = new Uint32Array(0);
    this.hasShapes = roots === null && !byPath;
    this.isComplete = true;
    /** Never called: nothing arrives later. @type {(first: number, count: number) => void} */
    this.onArrive = () => {};
    this.onStale = () => {};
  }

  /**
   * @param {SortField} sort
   * @returns {(import('../lib/days.mjs').Day|import('../lib/groups.mjs').Group)[]}
   */
  sectionsBy(sort) {
    const { columns, count, folders, shown } = this;
    const files = count - folders;
    const row = (/** @type {number} */ i) => shown[folders + i];
    if (sort === 'name') return groupsOfValues(files, (i) => letterOf(columns.names[row(i)]));
    if (sort === 'size') return groupsOfValues(files, (i) => sizeBand(columns.bytes[row(i)]));
    return daysOfDates(files, (i) => columns.dates[row(i)]);
  }

  /** True where the shapes of its pictures are known. */
  get knowsShapes() {
    return this.hasShapes && this.columns.ratios !== null;
  }

  /** Files of the folder that are not shown, because their type is none of ours. */
  get hidden() {
    return this.columns.hidden;
  }

  /**
   * @param {number} index
   * @returns {Item}
   */
  at(index) {
    const item = itemAt(this.columns, this.shown[index]);
    const root = this.roots?.[this.shown[index]];
    return root ? { ...item, online: root.online, notMade: root.not_made } : item;
  }

  /**
   * What tells an item from all others in this list; within a folder the name is enough, and
   * addresses stay short.
   * @param {Item} item
   */
  keyOf(item) {
    return this.byPath ? item.path : item.name;
  }

  /** @param {string} key */
  indexOf(key) {
    return this.shown.findIndex((row) => this.keys[row] === key);
  }

  /** @param {string} path */
  indexOfPath(path) {
    return this.shown.findIndex((row) => this.columns.paths[row] === path);
  }

  /**
   * @param {ReadonlySet<string>} paths
   * @returns {Item[]}
   */
  itemsOf(paths) {
    return [...this.shown.keys()]
      .filter((i) => paths.has(this.columns.paths[this.shown[i]]))
      .map((i) => this.at(i));
  }

  /**
   * @param {number} first
   * @param {number} count
   */
  ratios(first, count) {
    return Float32Array.from(
      this.shown.subarray(first, first + count),
      (row) => this.columns.ratios?.[row] ?? 0,
    );
  }

  want() {}

  async load() {}

  /**
   * @param {number} first
   * @param {number} last  inclusive
   */
  async paths(first, last) {
    return Array.from(this.shown.subarray(first, last + 1), (row) => this.columns.paths[row]);
  }

  rest() {}
}
