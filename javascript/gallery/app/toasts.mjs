/** @typedef {import('./gallery.mjs').Gallery} Gallery */

/**
 * A short word about what just happened.
 * @typedef {Object} ToastText
 * @property {number} id  changes with every word, so that the same one twice is told twice
 * @property {string} text
 * @property {{label: string, run: () => void}|null} action
 * @property {boolean} busy  it is still happening
 */

const SHORT_MS = 2400;
/** Long enough to read, decide and reach the button. */
const LONG_MS = 8000;

/** The one place where the page says what it did. */
export class Toasting {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
    this.timer = 0;
    this.last = 0;
  }

  /**
   * @param {string} text
   * @param {{label: string, run: () => void}|null} [action]
   */
  tell(text, action = null) {
    this.show(text, action, false);
    this.rest();
  }

  /**
   * Something has begun that may take a while; it stays until something else is told.
   * @param {string} text
   */
  begin(text) {
    clearTimeout(this.timer);
    this.show(text, null, true);
  }

  /** Goes away in a while. */
  rest() {
    clearTimeout(this.timer);
    const { toast } = this.gallery.state;
    if (toast && !toast.busy)
      this.timer = window.setTimeout(() => this.clear(), toast.action ? LONG_MS : SHORT_MS);
  }

  /** Stays while somebody points at it or has the focus in it. */
  hold() {
    clearTimeout(this.timer);
  }

  clear() {
    clearTimeout(this.timer);
    this.gallery.set({ toast: null });
  }

  /**
   * @param {string} text
   * @param {{label: string, run: () => void}|null} action
   * @param {boolean} busy
   */
  show(text, action, busy) {
    this.last += 1;
    this.gallery.set({ toast: { id: this.last, text, action, busy } });
  }
}
