import { ApiError } from '../api/transport.mjs';
import { isInHost } from '../browser/host.mjs';
import { rootOf } from '../lib/paths.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */

const POLL_MS = 4000;
/** Inside a host pictures are made while one looks on. */
const HOST_POLL_MS = 600;

/** Asks whether the library has changed since it was loaded, and whether the server answers at all. */
export class Poll {
  /**
   * @param {Pick<Parts, 'api'|'library'|'retry'|'store'|'timelines'>} parts
   * @param {() => void} onChange  the index has changed
   */
  constructor({ api, library, retry, store, timelines }, onChange) {
    this.api = api;
    this.library = library;
    this.retry = retry;
    this.store = store;
    this.timelines = timelines;
    this.onChange = onChange;
    /** @type {number|string|null} */
    this.seen = null;
    this.timer = 0;
    this.isAsking = false;
  }

  start() {
    document.addEventListener('visibilitychange', () => this.plan());
    this.plan();
  }

  plan() {
    clearTimeout(this.timer);
    if (document.visibilityState !== 'visible') return;
    // The host's tab in the background has no height.
    const pause = isInHost() && window.innerHeight > 0 ? HOST_POLL_MS : POLL_MS;
    this.timer = setTimeout(() => this.look().finally(() => this.plan()), pause);
  }

  /** Asks whether anything has changed, and what. */
  async look() {
    const { phase } = this.store.state;
    if (this.isAsking || (phase !== 'ready' && phase !== 'problem')) return;
    this.isAsking = true;
    try {
      if (phase === 'problem') {
        if (await this.isOver()) await this.retry();
        return;
      }
      const { change } = await this.api.changes();
      if (this.store.state.lost || this.store.state.connecting)
        this.store.set({ lost: null, connecting: false });
      // The first time too: nothing says that what was loaded before this is of the same state.
      if (this.seen !== change) this.onChange();
      this.seen = change;
      await this.follow(change);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (phase === 'problem') return;
      const lost = this.lossOf(error);
      const connecting = this.store.state.connecting && error.status === 0;
      if (lost !== this.store.state.lost || connecting !== this.store.state.connecting)
        this.store.set({ lost, connecting });
    } finally {
      this.isAsking = false;
    }
  }

  /** Whether what stands in place of the pictures holds no longer. Raises ApiError. */
  async isOver() {
    const { folder, problem, scope } = this.store.state;
    if (problem?.kind === 'unreachable') return Boolean(await this.api.changes());
    if (problem?.kind !== 'offline' && problem?.kind !== 'not-made') return false;
    const roots = await this.api.roots();
    return rootOf(scope ?? folder ?? '', roots)?.online ?? false;
  }

  /** @param {number|string} change  the index's value; another one than before where it has changed */
  async follow(change) {
    const { timeline, newest } = this.library;
    if (!timeline?.isComplete || this.store.state.refused) return;
    if (change === (newest ?? timeline).change) return;
    const next = await this.timelines.ask(timeline.question);
    if (this.library.timeline === timeline) await this.library.offer(timeline, next);
  }

  /**
   * What a failure says of the server.
   * @param {ApiError} error
   */
  lossOf({ status }) {
    if (status === 401) return 'login';
    // A server without an index has no such route, and needs none.
    return status === 0 && this.store.state.hasLibrary ? 'unreachable' : null;
  }
}
