import { ApiError } from '../api/transport.mjs';

/** @typedef {import('./parts.mjs').Parts} Parts */
/** @typedef {import('../ui/toast.mjs').ToastAction} ToastAction */

const SHORT_MS = 2400;
/** Long enough to read, decide and reach the button. */
const LONG_MS = 8000;

/** The one place where the page says what it did, and what failed. */
export class Toasts {
  /** @param {Pick<Parts, 'store'|'words'>} parts */
  constructor({ store, words }) {
    this.store = store;
    this.words = words;
    this.timer = 0;
    this.last = 0;
  }

  /**
   * @param {string} text
   * @param {ToastAction|null} [action]
   */
  show(text, action = null) {
    this.put(text, action, false);
    this.rest();
  }

  /**
   * Says why a request failed. Throws what is no failure of a request.
   * @param {unknown} error
   * @param {(() => void)|null} [retry]
   */
  fail(error, retry = null) {
    if (!(error instanceof ApiError)) throw error;
    const { t } = this.words;
    if (error.status === 0 && !error.message) this.store.set({ lost: 'unreachable' });
    const action = retry && { label: t('problem.retry'), run: retry };
    this.show(error.message || t('problem.unreachable.title'), action);
  }

  /**
   * Something has begun that may take a while; it stays until something else is shown.
   * @param {string} text
   */
  begin(text) {
    clearTimeout(this.timer);
    this.put(text, null, true);
  }

  /** Goes away in a while. */
  rest() {
    clearTimeout(this.timer);
    const { toast } = this.store.state;
    if (!toast || toast.busy) return;
    this.timer = setTimeout(() => this.clear(), toast.action ? LONG_MS : SHORT_MS);
  }

  /** Stays while the pointer is on it or the focus in it. */
  hold() {
    clearTimeout(this.timer);
  }

  clear() {
    clearTimeout(this.timer);
    this.store.set({ toast: null });
  }

  /**
   * @param {string} text
   * @param {ToastAction|null} action
   * @param {boolean} busy
   */
  put(text, action, busy) {
    this.last += 1;
    this.store.set({ toast: { id: this.last, text, action, busy } });
  }
}
