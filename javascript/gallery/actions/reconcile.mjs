/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {{from: string, to: string}} Renamed */

/** A run of deletions is followed by one look at the folder. */
const SOON_MS = 700;

/** Brings what is shown in line with what an action has changed. */
export class Reconciler {
  /** @param {Pick<Parts, 'covers'|'display'|'listings'>} parts */
  constructor({ covers, display, listings }) {
    this.covers = covers;
    this.display = display;
    this.listings = listings;
    this.timer = 0;
    /** @type {Set<string>} files that are gone, until a newer list does not have them */
    this.gone = new Set();
    /** What is being moved or deleted just now. @type {Set<(path: string) => boolean>} */
    this.leaving = new Set();
    /** @type {Promise<void>|null} */
    this.looking = null;
    /** @type {Promise<void>|null} a look that waits for the one under way */
    this.next = null;
  }

  /**
   * These files are gone from here. Where the view can do without asking they leave at once, and it looks
   * again a moment later.
   * @param {string[]} paths
   */
  drop(paths) {
    for (const path of paths) this.gone.add(path);
    if (!this.display.view?.drop?.(this.gone)) {
      this.refresh();
      return;
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), SOON_MS);
  }

  /**
   * These files are being moved or deleted: no picture of them is asked for from where they soon
   * are no more, and requests under way are given up.
   * @param {(path: string) => boolean} isAmong
   * @returns {() => void}  to be called when that is over, one way or another
   */
  away(isAmong) {
    this.leaving.add(isAmong);
    this.display.grid?.giveUp(isAmong);
    return () => {
      this.leaving.delete(isAmong);
      this.covers.forget(isAmong);
      this.display.grid?.draw(true);
    };
  }

  /** @param {string} path */
  isAway(path) {
    return this.gone.has(path) || [...this.leaving].some((isAmong) => isAmong(path));
  }

  /**
   * Looks at once what is there now.
   * @param {Renamed|null} [renamed]  a file that is to stay the current one under its new path
   */
  async refresh(renamed = null) {
    clearTimeout(this.timer);
    // A change during a look makes another look necessary, and one is enough for all that come meanwhile.
    if (this.next && !renamed) return this.next;
    const next = this.afterThis(renamed);
    this.next = next;
    return next;
  }

  /** @param {Renamed|null} renamed */
  async afterThis(renamed) {
    do await this.looking;
    while (this.looking);
    this.next = null;
    this.looking = this.look(renamed).finally(() => {
      this.looking = null;
    });
    await this.looking;
  }

  /** @param {Renamed|null} renamed */
  async look(renamed) {
    const follows = renamed !== null && this.display.currentItem?.path === renamed.from;
    this.listings.outdate();
    this.covers.outdate();
    const gone = new Set(this.gone);
    const isNew = await this.display.view?.changed({ gone, current: follows ? renamed.to : null });
    if (isNew) for (const path of gone) this.gone.delete(path);
  }
}
