import { without } from '../lib/columns.mjs';
import { FolderList } from '../folders/folder-list.mjs';

/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

/** A run of deletions is followed by one look at the folder. */
const SOON_MS = 700;
/** So far beside what is gone another file is looked for. */
const FAR = 2000;

/** Brings what is shown in line with what an action has changed. */
export class Changing {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
    this.timer = 0;
    /** @type {Set<string>} files that are gone, until a newer list does not have them */
    this.gone = new Set();
    /** What is on its way elsewhere just now. @type {Set<(path: string) => boolean>} */
    this.leaving = new Set();
    /** @type {Promise<void>|null} */
    this.looking = null;
    /** @type {Promise<void>|null} a look that waits for the one under way */
    this.next = null;
  }

  /**
   * These files are gone from here. Those of a folder leave at once; a timeline is asked for anew.
   * @param {string[]} paths
   */
  drop(paths) {
    const { gallery } = this;
    const { list, folder } = gallery.state;
    for (const path of paths) this.gone.add(path);
    if (!(list instanceof FolderList)) {
      this.refresh();
      return;
    }
    if (folder !== null && list.columns.paths.some((path) => this.gone.has(path))) {
      gallery.listings.keep(folder, without(list.columns, this.gone));
      gallery.showFolder(
        gallery.route,
        this.placeIn((path) => !this.gone.has(path)),
      );
    }
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.refresh(), SOON_MS);
  }

  /**
   * These files are on their way elsewhere: no picture of them is asked for from where they soon
   * are no more, and those under way are given up.
   * @param {(path: string) => boolean} isAmong
   * @returns {() => void}  to be called when that is over, one way or another
   */
  away(isAmong) {
    this.leaving.add(isAmong);
    this.gallery.grid?.giveUp(isAmong);
    return () => {
      this.leaving.delete(isAmong);
      this.gallery.grid?.draw(true);
    };
  }

  /** @param {string} path */
  isAway(path) {
    return this.gone.has(path) || [...this.leaving].some((isAmong) => isAmong(path));
  }

  /**
   * Where the user is, in terms of another list: beside what is no longer there.
   * @param {(path: string) => boolean} isThere
   * @returns {import('../browser/address.mjs').Place}
   */
  placeIn(isThere) {
    const { gallery } = this;
    const anchor = gallery.grid?.anchor() ?? null;
    const { current } = gallery.state;
    return gallery.place({
      anchor: anchor && { ...anchor, index: this.nearest(anchor.index, isThere) },
      current: current < 0 ? -1 : this.nearest(current, isThere),
    });
  }

  /**
   * The item itself, or else the next one that is still there, or else the one before; -1 where all are gone.
   * @param {number} index
   * @param {(path: string) => boolean} isThere
   */
  nearest(index, isThere) {
    const { gallery } = this;
    const fits = (/** @type {number} */ i) => {
      const item = gallery.item(i);
      return item.is === 'known' && isThere(item.path);
    };
    const end = Math.min(gallery.count, index + FAR);
    for (let i = index; i < end; i += 1) if (fits(i)) return i;
    for (let i = index - 1; i >= Math.max(0, index - FAR); i -= 1) if (fits(i)) return i;
    return -1;
  }

  /**
   * Looks at once what is there now.
   * @param {{from: string, to: string}|null} [renamed]  a file that is to stay the current one under its new path
   */
  async refresh(renamed = null) {
    clearTimeout(this.timer);
    // A change during a look makes another look necessary, and one is enough for all that come meanwhile.
    if (this.next && !renamed) return this.next;
    const next = this.afterThis(renamed);
    this.next = next;
    return next;
  }

  /** @param {{from: string, to: string}|null} renamed */
  async afterThis(renamed) {
    do await this.looking;
    while (this.looking);
    this.next = null;
    this.looking = this.look(renamed).finally(() => {
      this.looking = null;
    });
    await this.looking;
  }

  /** @param {{from: string, to: string}|null} renamed */
  async look(renamed) {
    const { gallery } = this;
    const { folder, phase } = gallery.state;
    const { route } = gallery;
    const follows = renamed !== null && gallery.currentItem?.path === renamed.from;
    for (const kept of gallery.listings.kept.values()) kept.time = -Infinity;
    for (const kept of gallery.covers.kept.values()) kept.time = -Infinity;
    if (gallery.state.view === 'trash') {
      await gallery.trash.load();
      return;
    }
    if (phase !== 'ready' || gallery.isAtRoots) return;
    const gone = new Set(this.gone);
    if (gallery.isTimeline) {
      const next = await gallery.library.timelines.ask(gallery.library.questionOf(route));
      const place = this.placeIn((path) => !gone.has(path));
      if (follows) place.current = renamed.to;
      if (gallery.route === route) await gallery.library.adopt(next, place);
      gallery.library.goOn(next);
    } else if (folder !== null) {
      await gallery.listings.load(folder);
      if (gallery.route.folder === folder && !gallery.isTimeline) gallery.refreshing.show();
      const index = follows ? (gallery.state.list?.placeOf(renamed.to) ?? -1) : -1;
      if (index >= 0) gallery.grid?.setCurrent(index);
    }
    for (const path of gone) this.gone.delete(path);
  }

  /**
   * Stars, tags or albums are others: a search may find other files by them now, and shows so when
   * it is left and come back to.
   */
  marked() {
    for (const kept of this.gallery.library.timelines.kept.values()) kept.time = -Infinity;
  }
}
