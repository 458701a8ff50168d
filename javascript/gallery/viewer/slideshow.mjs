import { writePref } from '../browser/prefs.mjs';

/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

/** How long the slideshow shows a picture, in seconds. */
export const PACES = [2, 3, 5, 10, 20];
/** A video is shown to its end, but not for longer than this. */
const LONGEST_MS = 600_000;
/** The bar is away while nobody moves the mouse. */
const QUIET_MS = 2000;

/** One picture after the other, by itself. */
export class Slideshow {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
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
    if (this.gallery.state.playing) this.stop();
    else this.start();
  }

  start() {
    this.seen.clear();
    this.gallery.set({ playing: true, bare: true });
    this.wait();
  }

  stop() {
    clearTimeout(this.timer);
    clearTimeout(this.quiet);
    if (this.gallery.state.playing) this.gallery.set({ playing: false, bare: false });
  }

  /** Another picture is shown, by us or by the user: it gets its time. */
  wait() {
    clearTimeout(this.timer);
    const { playing, pace, shuffle } = this.gallery.state;
    if (!playing) return;
    if (shuffle) this.draw();
    const player = this.gallery.viewing.viewer?.player;
    const left =
      player && Number.isFinite(player.duration) ? Math.min(LONGEST_MS, player.duration * 1000) : 0;
    this.timer = window.setTimeout(() => this.next(), Math.max(pace * 1000, left));
  }

  next() {
    const { state, viewing, count } = this.gallery;
    if (document.hidden || (state.shuffle && state.totals.files < 2)) this.wait();
    else if (state.shuffle) viewing.viewer?.goTo(this.upcoming);
    else if (state.current < count - 1) viewing.viewer?.next();
    else if (state.totals.files > 1) viewing.viewer?.goTo(0);
    else this.stop();
  }

  /** Draws what comes next, and has it loaded by then: each file once, then all again. */
  draw() {
    const { gallery } = this;
    const {
      current,
      totals: { files },
    } = gallery.state;
    const { folders } = gallery.viewing;
    this.seen.add(current - folders);
    if (this.seen.size >= files) this.seen = new Set([current - folders]);
    this.upcoming = placeAmong(files, this.seen);
    const item = this.upcoming < 0 ? null : gallery.item(this.upcoming + folders);
    if (item?.is !== 'known' || item.kind !== 'image') return;
    this.ahead ??= new Image();
    this.ahead.src = gallery.api.file(item.path, item.date);
  }

  /** @param {1|-1} way  slower or faster */
  change(way) {
    if (this.gallery.state.playing) this.setPace(otherPace(this.gallery.state.pace, way));
  }

  /** @param {number} pace  seconds a picture */
  setPace(pace) {
    const { gallery } = this;
    const { t, formats } = gallery.words;
    writePref('pace', pace);
    gallery.set({ pace });
    gallery.toasts.tell(t('viewer.pace.each', { count: pace, number: formats.number(pace) }));
    this.wait();
  }

  toggleShuffle() {
    const shuffle = !this.gallery.state.shuffle;
    writePref('shuffle', shuffle);
    this.seen.clear();
    this.gallery.set({ shuffle });
    this.wait();
  }

  /**
   * The mouse moves, or a key leads to a button: the bar comes, in a slideshow for a moment or as
   * long as the keys are in it.
   */
  wake() {
    const { gallery } = this;
    if (gallery.state.bare) gallery.set({ bare: false });
    clearTimeout(this.quiet);
    if (!gallery.state.playing) return;
    this.quiet = window.setTimeout(() => {
      if (document.querySelector('.viewer :focus-visible')) this.wake();
      else if (gallery.state.playing) gallery.set({ bare: true });
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
