import { ApiError } from '../api/transport.mjs';
import { readPref, writePref } from '../browser/prefs.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */

const POLL_MS = 1000;
/** How often the library takes in what the index has read meanwhile. */
const REFRESH_MS = 3000;
const SEEN = 'problemsSeen';
export const MISSING_SEEN = 'missingSeen';

/** How far the index is, asked for only while it is being built. */
export class IndexStatus {
  /**
   * @param {Pick<Parts, 'api'|'store'|'words'>} parts
   * @param {() => Promise<void>} onNew  the index may know more than the library shows
   */
  constructor({ api, store, words }, onNew) {
    this.api = api;
    this.onNew = onNew;
    this.store = store;
    this.words = words;
    this.timer = 0;
    this.refreshed = 0;
    /** Something may have been read: a small update is over before it is asked about. */
    this.isBehind = false;
  }

  /** Lets the server look what is new on the disk, and follows it. A server that only reads does not look. */
  async update() {
    try {
      await this.api.updateIndex();
      this.isBehind = true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
    await this.follow();
  }

  /** Ends the update; what was read stays. */
  async cancel() {
    try {
      await this.api.cancelIndex();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // the next look tells that it still goes on
    }
    await this.follow();
  }

  async follow() {
    clearTimeout(this.timer);
    try {
      const status = await this.api.indexStatus();
      this.store.set({
        index: status.running ? status : null,
        problems: status.running ? [] : unseen(status.problems ?? []),
      });
      if (status.running) this.timer = setTimeout(() => this.follow(), POLL_MS);
      else await this.countMissing();
      if (this.isBehind && (!status.running || performance.now() - this.refreshed > REFRESH_MS)) {
        this.refreshed = performance.now();
        this.isBehind = false;
        await this.onNew();
      }
      this.isBehind ||= status.running;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.store.set({ index: null, problems: [] });
    }
  }

  /** Names the files that could not be read. This browser tells of them again only when there are others. */
  showProblems() {
    const { problems: errors } = this.store.state;
    const { t, formats } = this.words;
    writePref(SEEN, nameOf(errors));
    this.store.set({
      problems: [],
      dialog: {
        kind: 'problems',
        errors,
        title: t('index.failed', { count: errors.length, number: formats.number(errors.length) }),
      },
    });
  }

  /**
   * Looks how many files were deleted elsewhere. This browser tells of them again only when the
   * number is another one.
   */
  async countMissing() {
    if (this.store.state.readOnly) return;
    const count = await this.api.countMissing();
    if (!count) writePref(MISSING_SEEN, 0);
    this.store.set({
      missing:
        count === readPref(MISSING_SEEN, 0, (value) => typeof value === 'number') ? 0 : count,
    });
  }
}

/** @param {{path: string}[]} problems */
const nameOf = (problems) =>
  problems
    .map(({ path }) => path)
    .sort()
    .join('\n');

/**
 * @template {{path: string}} Problem
 * @param {Problem[]} problems
 * @returns {Problem[]}
 */
function unseen(problems) {
  return nameOf(problems) === readPref(SEEN, '', (value) => typeof value === 'string')
    ? []
    : problems;
}
