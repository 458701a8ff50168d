import { ApiError } from '../api.mjs';
import { size } from '../lib/selection.mjs';
import { countNew } from '../lib/timeline.mjs';
import { isInHost } from '../browser/host.mjs';

/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */
/** @typedef {import('./timeline.mjs').Timeline} Timeline */

const POLL_MS = 4000;
/** Inside a host pictures are made while one looks on. */
const HOST_POLL_MS = 600;

/** What has changed in the library since it was asked. It is told, and never moves what is looked at. */
export class Changes {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
    this.timer = 0;
    this.isAsking = false;
    /** What is shown is older than what is known; it waits until the viewer is closed. */
    this.isBehind = false;
    /** @type {Timeline|null} the newest, while it waits to be shown */
    this.next = null;
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
    this.timer = window.setTimeout(() => this.look().finally(() => this.plan()), pause);
  }

  /** Asks whether anything has changed, and what. */
  async look() {
    const { gallery } = this;
    if (this.isAsking || gallery.state.phase !== 'ready') return;
    this.isAsking = true;
    try {
      const { change } = await gallery.api.changes();
      if (gallery.state.lost) gallery.set({ lost: null });
      const { timeline } = gallery.library;
      if (!timeline?.isComplete || gallery.state.refused || change === (this.next ?? timeline).change) return;
      const next = await gallery.library.timelines.ask(timeline.question);
      if (gallery.library.timeline === timeline) await this.tell(timeline, next);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // A server without an index has no such route, and needs none.
      const lost =
        error.status === 401
          ? 'login'
          : error.status === 0 && gallery.state.hasLibrary
            ? 'unreachable'
            : null;
      if (lost !== gallery.state.lost) gallery.set({ lost });
    } finally {
      this.isAsking = false;
    }
  }

  /**
   * @param {Timeline} before
   * @param {Timeline} next
   */
  async tell(before, next) {
    const { gallery } = this;
    const added =
      before.days && next.days ? countNew(before.days, next.days) : Math.max(0, next.count - before.count);
    const isFree = !gallery.state.viewing && size(gallery.state.selection) === 0;
    if (isFree && (added === 0 || !gallery.grid?.anchor())) {
      this.next = null;
      await gallery.library.adopt(next);
      return;
    }
    this.next = next;
    gallery.set({ fresh: added });
  }

  /** The user wants to see what is new. */
  async show() {
    const { next, gallery } = this;
    this.next = null;
    if (next && gallery.library.timeline) await gallery.library.adopt(next, {});
    gallery.grid?.host.focus({ preventScroll: true });
  }

  /** The viewer is closed: what waited for that is shown now. */
  async catchUp() {
    if (!this.isBehind) return;
    this.isBehind = false;
    await this.gallery.refreshing.now();
  }
}
