/** @typedef {import('./gallery.mjs').Gallery} Gallery */

const SHOWN_MS = 4000;
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
  }

  toggle() {
    if (this.gallery.state.playing) this.stop();
    else this.start();
  }

  start() {
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
    if (!this.gallery.state.playing) return;
    const player = this.gallery.viewing.viewer?.player;
    const left = player && Number.isFinite(player.duration) ? Math.min(LONGEST_MS, player.duration * 1000) : 0;
    this.timer = window.setTimeout(() => this.next(), Math.max(SHOWN_MS, left));
  }

  next() {
    const { state, viewing, count } = this.gallery;
    if (document.hidden) this.wait();
    else if (state.current < count - 1) viewing.viewer?.next();
    else if (state.totals.files > 1) viewing.viewer?.goTo(0);
    else this.stop();
  }

  /** The mouse moves: the bar comes for a moment. */
  wake() {
    const { gallery } = this;
    if (!gallery.state.playing) return;
    if (gallery.state.bare) gallery.set({ bare: false });
    clearTimeout(this.quiet);
    this.quiet = window.setTimeout(() => gallery.state.playing && gallery.set({ bare: true }), QUIET_MS);
  }
}
