/** @typedef {import('./parts.mjs').Parts} Parts */

/** Keeps what is shown up to date, without moving what the user is looking at. */
export class Refresh {
  /** @param {Pick<Parts, 'display'|'indexStatus'|'retry'|'store'>} parts */
  constructor({ display, indexStatus, retry, store }) {
    this.display = display;
    this.indexStatus = indexStatus;
    this.retry = retry;
    this.store = store;
  }

  start() {
    document.addEventListener(
      'visibilitychange',
      () => document.visibilityState === 'visible' && this.ifStale(),
    );
    window.addEventListener('focus', () => this.ifStale());
    // The host's tab is shown again: no event of this window's own says so.
    new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && this.ifStale(),
    ).observe(document.documentElement);
  }

  /** The user is back. */
  async ifStale() {
    const { phase, problem } = this.store.state;
    if (problem?.kind === 'offline') await this.retry();
    else if (phase === 'ready') await this.display.view?.refreshIfStale?.();
  }

  /** The user wants to see what is new: the index has to look on the disk first. */
  async ask() {
    await this.now();
    await this.indexStatus.update();
  }

  /** Looks again what is in the folder or the library. */
  async now() {
    if (this.store.state.phase === 'problem') await this.retry();
    else await this.display.view?.refresh();
  }
}
