import { KINDS } from './columns.mjs';
import { baseName } from './paths.mjs';

/** @typedef {import('./types.mjs').Item} Item */
/** @typedef {import('./types.mjs').FileColumns} FileColumns */

/** Items by one request, and how many of such pages are kept. */
export const PAGE = 400;
const KEPT = 60;

/**
 * The parts of a long list that are known, page by page; those that were used longest ago are
 * forgotten. A value that many look at, so it counts its changes.
 */
export class Pages {
  /** @param {{size?: number, kept?: number}} [limits] */
  constructor({ size = PAGE, kept = KEPT } = {}) {
    this.size = size;
    this.kept = kept;
    /** @type {Map<number, FileColumns>} least recently used first */
    this.pages = new Map();
    /** @type {Map<string, number>|null} */
    this.places = null;
  }

  /**
   * Pages that hold the items from ``first`` to ``last`` and are not known, those nearest the middle first.
   * @param {number} first
   * @param {number} last  inclusive
   * @returns {number[]}
   */
  missing(first, last) {
    const middle = (first + last) / 2 / this.size - 0.5;
    const found = [];
    for (
      let page = Math.floor(first / this.size);
      page <= Math.floor(last / this.size);
      page += 1
    ) {
      if (this.pages.has(page)) this.touch(page);
      else found.push(page);
    }
    return found.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
  }

  /** @param {number} page */
  touch(page) {
    const columns = this.pages.get(page);
    if (!columns) return;
    this.pages.delete(page);
    this.pages.set(page, columns);
  }

  /**
   * @param {number} page
   * @param {FileColumns} columns
   */
  put(page, columns) {
    this.pages.delete(page);
    this.pages.set(page, columns);
    this.places = null;
    for (const oldest of this.pages.keys()) {
      if (this.pages.size <= this.kept) break;
      this.pages.delete(oldest);
    }
  }

  /**
   * @param {number} index
   * @returns {Item|null}  null: not known
   */
  at(index) {
    const columns = this.pages.get(Math.floor(index / this.size));
    return columns ? itemOf(columns, index % this.size) : null;
  }

  /**
   * Width by height of each of these items, NaN where a file does not tell; null where not all of
   * them are known.
   * @param {number} first
   * @param {number} count
   * @returns {Float32Array|null}
   */
  ratios(first, count) {
    const ratios = new Float32Array(count);
    for (let i = 0; i < count; i += 1) {
      const columns = this.pages.get(Math.floor((first + i) / this.size));
      if (!columns) return null;
      const row = (first + i) % this.size;
      ratios[i] = (columns.width[row] ?? 0) / (columns.height[row] ?? 0);
    }
    return ratios;
  }

  /**
   * Where a file stands, as far as that is known; -1 otherwise.
   * @param {string} path
   * @returns {number}
   */
  indexOf(path) {
    if (!this.places) {
      this.places = new Map();
      for (const [page, columns] of this.pages) {
        columns.path.forEach(
          (known, row) => known !== null && this.places?.set(known, page * this.size + row),
        );
      }
    }
    return this.places.get(path) ?? -1;
  }
}

/**
 * @param {FileColumns} columns
 * @param {number} row
 * @returns {Item|null}
 */
export function itemOf(columns, row) {
  if (row >= columns.id.length) return null;
  const path = columns.path[row];
  const kind = /** @type {import('./types.mjs').Kind} */ (columns.type[row]);
  const term = columns.stack?.[row];
  return {
    id: columns.id[row],
    name: path === null ? '' : baseName(path),
    path: path ?? '',
    date: columns.mtime[row] ?? 0,
    bytes: columns.bytes[row] ?? 0,
    kind: KINDS.includes(kind) ? kind : 'image',
    online: true,
    width: columns.width[row] ?? 0,
    height: columns.height[row] ?? 0,
    duration: columns.duration[row] ?? 0,
    rating: columns.rating?.[row] ?? 0,
    color: columns.color?.[row] ?? '',
    blurred: columns.blurred?.[row],
    is: path === null ? 'gone' : 'known',
    ...(term ? { stack: { term, count: columns.stack_count?.[row] ?? 1 } } : {}),
  };
}
