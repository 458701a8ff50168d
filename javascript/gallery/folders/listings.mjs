import { fromAnswer } from '../lib/columns.mjs';

/** @typedef {import('../lib/columns.mjs').Columns} Columns */
/** @typedef {import('../api/api.mjs').Api} Api */

const KEPT = 4;

/** Listings of folders; the last few are kept, so that going back shows its pictures at once. */
export class Listings {
  /**
   * @param {Api} api
   * @param {boolean} withSizes  the pixels of pictures are of use: they cost the server a look into the index
   */
  constructor(api, withSizes) {
    this.api = api;
    this.withSizes = withSizes;
    /** @type {Map<string, {columns: Columns, time: number}>} */
    this.kept = new Map();
    /** @type {{folder: string, sized: boolean, answer: Promise<Columns>, abort: AbortController}|null} */
    this.underWay = null;
  }

  /** @param {string} folder */
  find(folder) {
    return this.kept.get(folder) ?? null;
  }

  /** What is kept is loaded again when it is visited. */
  outdate() {
    for (const kept of this.kept.values()) kept.time = -Infinity;
  }

  /**
   * Asks for a folder, or joins the request for it that is under way. One for another folder is
   * cancelled.
   * @param {string} folder
   * @returns {Promise<Columns>}
   */
  load(folder) {
    const sized = this.withSizes;
    if (this.underWay?.folder === folder && this.underWay.sized === sized)
      return this.underWay.answer;
    this.underWay?.abort.abort();
    const abort = new AbortController();
    const request = { folder, sized, abort, answer: this.ask(folder, sized, abort.signal) };
    this.underWay = request;
    const done = () => {
      if (this.underWay === request) this.underWay = null;
    };
    request.answer.then(done, done);
    return request.answer;
  }

  /**
   * @param {string} folder
   * @param {boolean} sized
   * @param {AbortSignal} signal
   */
  async ask(folder, sized, signal) {
    return this.keep(folder, fromAnswer(await this.api.listing(folder, sized, signal)));
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
