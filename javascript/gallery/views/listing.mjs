import { toColumns } from '../lib/columns.mjs';

/** @typedef {import('../lib/columns.mjs').Columns} Columns */
/** @typedef {import('../api.mjs').Api} Api */

const KEPT = 4;

/** Listings of folders; the last few are kept, so that going back shows its pictures at once. */
export class Listings {
  /** @param {Api} api */
  constructor(api) {
    this.api = api;
    /** @type {Map<string, {columns: Columns, time: number}>} */
    this.kept = new Map();
    /** @type {{folder: string, answer: Promise<Columns>, abort: AbortController}|null} */
    this.underWay = null;
  }

  /** @param {string} folder */
  find(folder) {
    return this.kept.get(folder) ?? null;
  }

  /**
   * Asks for a folder, or joins the request for it that is under way. One for another folder is given up: nobody waits for it any more.
   * @param {string} folder
   * @returns {Promise<Columns>}
   */
  load(folder) {
    if (this.underWay?.folder === folder) return this.underWay.answer;
    this.underWay?.abort.abort();
    const abort = new AbortController();
    const request = { folder, abort, answer: this.ask(folder, abort.signal) };
    this.underWay = request;
    const done = () => {
      if (this.underWay === request) this.underWay = null;
    };
    request.answer.then(done, done);
    return request.answer;
  }

  /**
   * @param {string} folder
   * @param {AbortSignal} signal
   */
  async ask(folder, signal) {
    return this.keep(folder, toColumns(await this.api.files(folder, signal)));
  }

  /**
   * @param {string} folder
   * @param {Columns} columns
   */
  keep(folder, columns) {
    this.kept.delete(folder);
    this.kept.set(folder, { columns, time: performance.now() });
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT) break;
      this.kept.delete(oldest);
    }
    return columns;
  }
}
