import { ApiError } from '../api/transport.mjs';
import { itemAt, toColumns } from '../lib/columns.mjs';

/** @typedef {import('../api/api.mjs').Api} Api */
/** @typedef {import('../lib/types.mjs').Item} Item */

/** Few at a time: a folder on a slow disk must not keep the others waiting. */
const BATCH = 12;
const KEPT = 400;
/** A cover older than this is asked for again when its folder is seen again; the old one stays until then. */
const STALE_MS = 60_000;

/**
 * @typedef {Object} Known
 * @property {Record<string, import('../lib/types.mjs').FileInfo[]>} covers  by folder
 * @property {Record<string, number>} counts  of files, by folder
 */

/** @type {Known} */
const NOTHING = { covers: {}, counts: {} };

/**
 * What the cards of folders show, pictures that stand for them and the number of their files; asked for
 * only where the card is near the view.
 */
export class FolderCovers {
  /**
   * @param {Api} api
   * @param {() => void} onChange  more covers are known
   */
  constructor(api, onChange) {
    this.api = api;
    this.onChange = onChange;
    /** @type {Map<string, {items: Item[], count: number|null, time: number}>} */
    this.kept = new Map();
    /** @type {Set<string>} */
    this.wanted = new Set();
    /** @type {{paths: string[], abort: AbortController}|null} */
    this.underWay = null;
  }

  /**
   * @param {string} path
   * @returns {Item[]|null}  null: not known yet; empty: there is none
   */
  find(path) {
    return this.kept.get(path)?.items ?? null;
  }

  /**
   * @param {string} path
   * @returns {number|null}  how many files are in and below it; null: not known
   */
  count(path) {
    return this.kept.get(path)?.count ?? null;
  }

  /**
   * The folders whose cards are near the view now. All others are given up.
   * @param {string[]} paths
   */
  want(paths) {
    this.wanted = new Set(paths.filter((path) => this.isMissing(path)));
    if (this.underWay && !this.underWay.paths.some((path) => this.wanted.has(path))) {
      this.underWay.abort.abort();
      this.underWay = null;
    }
    if (!this.underWay) this.askNext();
  }

  /** Covers that are kept are asked for again when they are seen. */
  outdate() {
    for (const kept of this.kept.values()) kept.time = -Infinity;
  }

  /**
   * Covers of these files are no longer true, nor is an answer that is on its way.
   * @param {(path: string) => boolean} isAmong
   */
  forget(isAmong) {
    for (const [folder, { items }] of this.kept) {
      if (items.some((item) => isAmong(item.path))) this.kept.delete(folder);
    }
    this.underWay?.abort.abort();
    this.underWay = null;
  }

  /** @param {string} path */
  isMissing(path) {
    const kept = this.kept.get(path);
    return !kept || performance.now() - kept.time > STALE_MS;
  }

  async askNext() {
    while (this.wanted.size) {
      const request = { paths: [...this.wanted].slice(0, BATCH), abort: new AbortController() };
      this.underWay = request;
      let known = NOTHING;
      try {
        known = await this.ask(request.paths, request.abort.signal);
      } catch (error) {
        if (!(error instanceof ApiError) && !request.abort.signal.aborted) throw error;
      }
      if (this.underWay !== request) return;
      this.keep(request.paths, known);
      this.onChange();
    }
    this.underWay = null;
  }

  /**
   * @param {string[]} paths
   * @param {AbortSignal} signal
   * @returns {Promise<Known>}
   */
  async ask(paths, signal) {
    const { api } = this;
    const [covers, counts] = await Promise.all([
      api.covers(paths, signal),
      api.folderCounts(paths, signal),
    ]);
    return { covers, counts };
  }

  /**
   * @param {string[]} paths
   * @param {Known} known
   */
  keep(paths, { covers, counts }) {
    for (const path of paths) {
      const columns = toColumns(covers[path] ?? []);
      const items = Array.from({ length: columns.count }, (_, i) => itemAt(columns, i));
      this.kept.delete(path);
      this.kept.set(path, {
        items: items.filter((item) => item.kind !== 'dir'),
        count: counts[path] ?? null,
        time: performance.now(),
      });
      this.wanted.delete(path);
    }
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT) break;
      this.kept.delete(oldest);
    }
  }
}
