import { ApiError } from '../api/transport.mjs';
import { kindOf } from '../lib/media.mjs';
import { PAGE, Pages } from '../lib/pages.mjs';
import { baseName } from '../lib/paths.mjs';
import { dayAt, daysOf, indexOfSpot, startsOf } from '../lib/timeline.mjs';

/** @typedef {import('../api/api.mjs').Api} Api */
/** @typedef {import('../api/search.mjs').Question} Question */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../lib/types.mjs').TimelineAnswer} TimelineAnswer */

/** More at once would only wait for each other. */
const AT_ONCE = 2;
/** Files around a place that are there before the place is shown. */
const AROUND = 150;
/** How many files are asked for at once where only their paths are wanted. */
const LARGEST = 1000;

/**
 * A list of files of which the number and the days are known; the files themselves are asked for
 * where they come near the view.
 */
export class Timeline {
  /**
   * @param {Api} api
   * @param {Question} question
   * @param {TimelineAnswer} answer
   */
  constructor(api, question, answer) {
    this.api = api;
    this.question = question;
    this.snapshot = answer.snapshot;
    this.change = answer.change;
    this.count = answer.total;
    /** With stacks there are more files than items. */
    this.files = answer.files ?? answer.total;
    /** False: the search goes on, and finds more when it is asked again. */
    this.isComplete = answer.complete ?? true;
    /** What a search without results would find in all texts. */
    this.elsewhere = answer.elsewhere ?? null;
    /** What in the query may have been meant otherwise. */
    this.hints = answer.hints ?? [];
    this.isRoots = false;
    /** Files are asked for where they come near the view. */
    this.isPaged = true;
    this.hasShapes = true;
    this.knowsShapes = true;
    this.folders = 0;
    this.totals = { folders: 0, files: this.count, bytes: 0 };
    /** Files that are not shown. */
    this.hidden = 0;
    this.days = answer.buckets.length ? daysOf(answer.buckets) : null;
    this.starts = startsOf(this.days ?? []);
    /** What files are under: days, or what else they are sorted by. */
    this.sections = this.days ?? answer.groups ?? [];
    this.pages = new Pages();
    if (answer.first?.id.length) this.pages.put(0, answer.first);
    /** @type {number[]} */
    this.wanted = [];
    /**
     * Pages that are being loaded. ``isKept``: it is waited for, wherever the view is meanwhile.
     * @type {Map<number, {abort: AbortController, answer: Promise<void>, isKept: boolean}>}
     */
    this.underWay = new Map();
    /** @type {(first: number, count: number) => void} files have arrived */
    this.onArrive = () => {};
    /** @type {() => void} the order is another one meanwhile */
    this.onStale = () => {};
  }

  /**
   * @param {number} index
   * @returns {Item}
   */
  at(index) {
    return (
      this.pages.at(index) ?? {
        name: '',
        path: '',
        date: this.days?.[dayAt(this.starts, index)]?.start ?? 0,
        bytes: 0,
        kind: 'image',
        online: true,
        is: 'pending',
        id: 0,
        width: 0,
        height: 0,
        duration: 0,
        rating: 0,
        color: '',
      }
    );
  }

  /** @param {string} path */
  indexOf(path) {
    return this.pages.indexOf(path);
  }

  /** @param {string} path */
  indexOfPath(path) {
    return this.indexOf(path);
  }

  /**
   * What tells an item from all others in this list.
   * @param {Item} item
   */
  keyOf({ path }) {
    return path;
  }

  /**
   * Files by path, in order as far as it is known; of those that are far from the view little more
   * than the path.
   * @param {ReadonlySet<string>} paths
   * @returns {Item[]}
   */
  itemsOf(paths) {
    const places = [...paths].map((path) => ({ path, place: this.pages.indexOf(path) }));
    places.sort(
      (a, b) => (a.place < 0 ? Infinity : a.place) - (b.place < 0 ? Infinity : b.place) || 0,
    );
    return places.map(({ path, place }) =>
      place < 0
        ? { ...this.at(this.count), path, name: baseName(path), kind: kindOf(path), is: 'known' }
        : this.at(place),
    );
  }

  /**
   * @param {number} first
   * @param {number} count
   */
  ratios(first, count) {
    return this.pages.ratios(first, count);
  }

  /**
   * The files that are near the view now; what is under way for others is given up.
   * @param {number} first
   * @param {number} last  inclusive
   */
  want(first, last) {
    if (!this.count || last < first) return;
    this.wanted = this.pages.missing(Math.max(0, first), Math.min(this.count - 1, last));
    for (const [page, request] of this.underWay) {
      if (!request.isKept && !this.wanted.includes(page)) {
        request.abort.abort();
        this.underWay.delete(page);
      }
    }
    this.pump();
  }

  pump() {
    for (const page of this.wanted) {
      if (this.underWay.size >= AT_ONCE) return;
      if (!this.underWay.has(page)) this.ask(page).catch(ignore);
    }
  }

  /**
   * Resolves when these files are known. Raises ApiError.
   * @param {number} first
   * @param {number} last  inclusive
   */
  async load(first, last) {
    const end = Math.min(this.count - 1, last);
    if (end < 0) return;
    const pages = this.pages.missing(Math.max(0, Math.min(first, end)), end);
    await Promise.all(pages.map((page) => this.ask(page, true)));
  }

  /**
   * Loads what will be in view at a place, and tells where that is. Raises ApiError.
   * @param {import('../browser/address.mjs').Place} place
   * @returns {Promise<{anchor: {index: number, offset: number}|null, current: number}>}
   */
  async locate({ anchor = null, current = null, currentSpot = null }) {
    const at = anchor ? Math.max(0, indexOfSpot(anchor.spot, this.days ?? [], this.starts)) : 0;
    const loads = [this.load(at - AROUND, at + AROUND)];
    if (current && currentSpot) {
      const index = indexOfSpot(currentSpot, this.days ?? [], this.starts);
      loads.push(this.load(index - AROUND, index + AROUND));
    }
    await Promise.all(loads);
    const known = anchor ? this.indexOf(anchor.name) : -1;
    const index = known < 0 ? Math.min(at, this.count - 1) : known;
    return {
      anchor: anchor && index >= 0 ? { index, offset: anchor.offset } : null,
      current: current ? this.indexOf(current) : -1,
    };
  }

  /**
   * @param {number} page
   * @param {boolean} [isKept]
   */
  ask(page, isKept = false) {
    const before = this.underWay.get(page);
    if (before) {
      before.isKept ||= isKept;
      return before.answer;
    }
    const abort = new AbortController();
    const request = { abort, isKept, answer: this.fetchPage(page, abort.signal) };
    this.underWay.set(page, request);
    const done = () => {
      if (this.underWay.get(page) === request) this.underWay.delete(page);
      this.pump();
    };
    request.answer.then(done, done);
    return request.answer;
  }

  /**
   * @param {number} page
   * @param {AbortSignal} signal
   */
  async fetchPage(page, signal) {
    const offset = page * PAGE;
    try {
      const columns = await this.api.columns(
        { ...this.question, snapshot: this.snapshot, offset, limit: PAGE },
        signal,
      );
      // The server had forgotten our order and made it anew: positions may be others.
      if (columns.snapshot && columns.snapshot !== this.snapshot) {
        this.snapshot = columns.snapshot;
        this.onStale();
      }
      this.pages.put(page, columns);
    } catch (error) {
      // Not over and over: the next scroll wants it again.
      this.wanted = this.wanted.filter((one) => one !== page);
      throw error;
    }
    this.wanted = this.wanted.filter((one) => one !== page);
    this.onArrive(offset, Math.min(PAGE, this.count - offset));
  }

  /**
   * Paths of files in order, also of those that are far from the view. Raises ApiError.
   * @param {number} first
   * @param {number} last  inclusive
   * @returns {Promise<string[]>}
   */
  async paths(first, last) {
    /** @type {string[]} */
    const found = [];
    let index = first;
    while (index <= last) {
      const known = this.pages.at(index);
      if (known) {
        if (known.is === 'known') found.push(known.path);
        index += 1;
        continue;
      }
      const limit = Math.min(LARGEST, last + 1 - index);
      const columns = await this.api.columns({
        ...this.question,
        snapshot: this.snapshot,
        offset: index,
        limit,
      });
      found.push(...columns.path.flatMap((path) => (path === null ? [] : [path])));
      index += Math.max(1, columns.path.length);
    }
    return found;
  }

  /** It is no longer shown. */
  rest() {
    this.wanted = [];
    for (const request of this.underWay.values()) if (!request.isKept) request.abort.abort();
    this.onArrive = () => {};
    this.onStale = () => {};
  }
}

/** @param {unknown} error */
function ignore(error) {
  if (error instanceof ApiError || (error instanceof DOMException && error.name === 'AbortError'))
    return;
  throw error;
}
