import { concat, slice, toColumns } from '../lib/columns.mjs';

/** @typedef {import('../lib/columns.mjs').Columns} Columns */
/** @typedef {import('../lib/types.mjs').SortField} SortField */
/** @typedef {import('../lib/types.mjs').SortOrder} SortOrder */
/** @typedef {import('../api.mjs').Api} Api */

/** @typedef {{query: string, sort: SortField, order: SortOrder}} Question */

/**
 * What is known of the answer to one question: its first files, and where it goes on.
 * @typedef {Object} Found
 * @property {Columns} columns
 * @property {string} next  cursor of the page behind; '' at the end
 * @property {number} total
 * @property {boolean} isExact  false: there are more than ``total``
 * @property {number} time
 */

const KEPT = 4;
export const FIRST_PAGE = 200;
const LARGEST_PAGE = 1000;
/** @type {Record<SortField, string>} */
const SORTS = { date: 'date', name: 'name', size: 'bytes' };

/** Answers of searches, page by page; the last few are kept, so that going back shows its pictures at once. */
export class Results {
  /** @param {Api} api */
  constructor(api) {
    this.api = api;
    /** @type {Map<string, Found>} */
    this.kept = new Map();
    /** @type {{key: string, answer: Promise<Found>, abort: AbortController}|null} */
    this.underWay = null;
  }

  /** @param {Question} question */
  find(question) {
    return this.kept.get(keyOf(question)) ?? null;
  }

  /**
   * The first page, or the request for it that is under way. One for another question is given up.
   * @param {Question} question
   * @param {number} [size]
   * @returns {Promise<Found>}
   */
  load(question, size = FIRST_PAGE) {
    const key = keyOf(question);
    if (this.underWay?.key === key) return this.underWay.answer;
    this.underWay?.abort.abort();
    const abort = new AbortController();
    const request = { key, abort, answer: this.first(question, size, abort.signal) };
    this.underWay = request;
    const done = () => {
      if (this.underWay === request) this.underWay = null;
    };
    request.answer.then(done, done);
    return request.answer;
  }

  /**
   * The page behind, and with it all that is known.
   * @param {Question} question
   * @param {Found} found
   * @returns {Promise<Found>}
   */
  async more(question, found) {
    const page = await this.page(question, { cursor: found.next, size: LARGEST_PAGE });
    return this.keep(question, { ...found, columns: concat(found.columns, toColumns(page.files)), next: page.cursor.next });
  }

  /**
   * Looks again: the new first page, followed by what is known behind it.
   * @param {Question} question
   * @returns {Promise<Found>}
   */
  async refresh(question) {
    const before = this.find(question);
    const fresh = await this.load(question);
    const last = fresh.columns.paths[fresh.columns.count - 1];
    const at = before && fresh.next ? before.columns.paths.indexOf(last) : -1;
    if (!before || at < 0 || at === before.columns.count - 1) return fresh;
    const columns = concat(fresh.columns, slice(before.columns, at + 1));
    return this.keep(question, { ...fresh, columns, next: before.next });
  }

  /**
   * The number of all matches, where the first page could not tell.
   * @param {Question} question
   * @param {AbortSignal} signal
   */
  async count(question, signal) {
    const { total } = await this.page(question, { size: 1, total: 'exact' }, signal);
    const found = this.find(question);
    if (found) this.keep(question, { ...found, total: total ?? found.total, isExact: true });
  }

  /**
   * @param {Question} question
   * @param {number} size
   * @param {AbortSignal} signal
   */
  async first(question, size, signal) {
    const page = await this.page(question, { size: Math.min(LARGEST_PAGE, size), total: 'bounded' }, signal);
    const columns = toColumns(page.files);
    return this.keep(question, {
      columns, next: page.cursor.next, total: page.total ?? columns.count, isExact: page.total_is_exact ?? true, time: performance.now(),
    });
  }

  /**
   * @param {Question} question
   * @param {{cursor?: string, size: number, total?: string}} page
   * @param {AbortSignal} [signal]
   */
  page({ query, sort, order }, page, signal) {
    return this.api.search({ query, sort: SORTS[sort], order, ...page }, signal);
  }

  /**
   * @param {Question} question
   * @param {Found} found
   */
  keep(question, found) {
    const key = keyOf(question);
    this.kept.delete(key);
    this.kept.set(key, found);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT) break;
      this.kept.delete(oldest);
    }
    return found;
  }
}

/** @param {Question} question */
function keyOf({ query, sort, order }) {
  return `${sort} ${order} ${query}`;
}
