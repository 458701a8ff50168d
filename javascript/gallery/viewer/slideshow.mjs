import { writePref } from '../browser/prefs.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */

/** How long the slideshow shows a picture, in seconds. */
export const PACES = [2, 3, 5, 10, 20];
/** A video is shown to its end, but not for longer than this. */
const LONGEST_MS = 600_000;
/** What covers the picture goes away when the mouse has not moved for this long. */
export const QUIET_MS = 2000;

/** One picture after the other, by itself. */
export class Slideshow {
  /** @param {Pick<Parts, 'api'|'display'|'store'|'toasts'|'viewer'|'words'>} parts */
  constructor({ api, display, store, toasts, viewer, words }) {
    this.api = api;
    this.display = display;
    this.store = store;
    this.toasts = toasts;
    this.viewer = viewer;
    this.words = words;
    this.timer = 0;
    this.quiet = 0;
    /** What was shown, where the order is random: counted as the viewer counts. @type {Set<number>} */
    this.seen = new Set();
    /** What comes next there. */
    this.upcoming = -1;
    /** Loads it meanwhile. @type {HTMLImageElement|null} */
    this.ahead = null;
  }

  toggle() {
    if (this.store.state.playing) this.stop();
    else this.start();
  }

  start() {
    this.seen.clear();
    this.store.set({ playing: true, bare: true });
    this.wait();
  }

  stop() {
    clearTimeout(this.timer);
    clearTimeout(this.quiet);
    if (this.store.state.playing) this.store.set({ playing: false, bare: false });
  }

  /** Another picture is shown, by us or by the user: it gets its time. */
  wait() {
    clearTimeout(this.timer);
    const { playing, pace, shuffle } = this.store.state;
    if (!playing) return;
    if (shuffle) this.draw();
    const player = this.viewer.slides?.player;
    const left =
      player && Number.isFinite(player.duration) ? Math.min(LONGEST_MS, player.duration * 1000) : 0;
    this.timer = setTimeout(() => this.next(), Math.max(pace * 1000, left));
  }

  next() {
    const { current, shuffle, totals } = this.store.state;
    const { slides } = this.viewer;
    if (document.hidden || (shuffle && totals.files < 2)) this.wait();
    else if (shuffle) slides?.goTo(this.upcoming);
    else if (current < this.display.count - 1) slides?.next();
    else if (totals.files > 1) slides?.goTo(0);
    else this.stop();
  }

  /** Draws what comes next, and has it loaded by then: each file once, then all again. */
  draw() {
    const {
      current,
      totals: { files },
    } = this.store.state;
    const { folders } = this.viewer;
    this.seen.add(current - folders);
    if (this.seen.size >= files) this.seen = new Set([current - folders]);
    this.upcoming = placeAmong(files, this.seen);
    const item = this.upcoming < 0 ? null : this.display.item(this.upcoming + folders);
    if (item?.is !== 'known' || item.kind !== 'image') return;
    this.ahead ??= new Image();
    this.ahead.src = this.api.file(item.path, item.date);
  }

  /** @param {1|-1} way  slower or faster */
  change(way) {
    if (this.store.state.playing) this.setPace(otherPace(this.store.state.pace, way));
  }

  /** @param {number} pace  seconds a picture */
  setPace(pace) {
    const { t, formats } = this.words;
    writePref('pace', pace);
    this.store.set({ pace });
    this.toasts.show(t('viewer.pace.each', { count: pace, number: formats.number(pace) }));
    this.wait();
  }

  toggleShuffle() {
    const shuffle = !this.store.state.shuffle;
    writePref('shuffle', shuffle);
    this.seen.clear();
    this.store.set({ shuffle });
    this.wait();
  }

  /**
   * The mouse moves, or a key leads to a button: the bar comes, in a slideshow for a moment or as
   * long as the keys are in it.
   */
  wake() {
    if (this.store.state.bare) this.store.set({ bare: false });
    clearTimeout(this.quiet);
    if (!this.store.state.playing) return;
    this.quiet = setTimeout(() => {
      if (document.querySelector('.viewer :focus-visible')) this.wake();
      else if (this.store.state.playing) this.store.set({ bare: true });
    }, QUIET_MS);
  }
}

/**
 * The next pace, or the one before; at the ends it stays.
 * @param {number} pace
 * @param {1|-1} way  slower or faster
 */
export function otherPace(pace, way) {
  return PACES[Math.max(0, Math.min(PACES.length - 1, PACES.indexOf(pace) + way))];
}

/**
 * A place that was not shown yet, at random; -1 where all were.
 * @param {number} count
 * @param {Set<number>} seen
 * @param {() => number} [random]  from 0 to below 1
 */
export function placeAmong(count, seen, random = Math.random) {
  if (seen.size >= count) return -1;
  let place = Math.floor(random() * count);
  while (seen.has(place)) place = (place + 1) % count;
  return place;
}
