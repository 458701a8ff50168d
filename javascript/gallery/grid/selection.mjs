import { add, everything, NOTHING, only, toggle, without } from '../lib/selection.mjs';

/** @typedef {import('../lib/selection.mjs').Selection} Selection */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

/** More results than this are not named one by one. */
const MANY = 1000;

/** What is selected in the grid. */
export class Selecting {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
    /** Where a range starts, as displayed; -1: where the current item is. */
    this.anchor = -1;
  }

  /** @param {Selection} selection */
  set(selection) {
    if (this.gallery.isAtRoots || selection === this.gallery.state.selection) return;
    this.gallery.set({ selection });
    this.gallery.grid?.refreshSelection();
  }

  /** @param {number} index */
  toggle(index) {
    if (index < 0) return;
    this.anchor = index;
    const item = this.gallery.item(index);
    if (item.is === 'known') this.set(toggle(this.gallery.state.selection, item));
  }

  toggleCurrent() {
    this.toggle(this.gallery.state.current);
  }

  /**
   * From where the last one was selected to here.
   * @param {number} index
   * @param {number} [start]  where it begins while nothing is selected
   */
  async extendTo(index, start = this.gallery.state.current) {
    const { gallery } = this;
    const { selection } = gallery.state;
    const from = selection.anchor !== null && this.anchor >= 0 ? this.anchor : Math.max(0, start);
    const items = await gallery.itemsBetween(from, index);
    this.anchor = from;
    this.set(add(gallery.state.selection, items, gallery.item(from).path || null));
  }

  /**
   * Just these, or these too.
   * @param {Item[]} items
   * @param {Selection} base  what was selected before
   */
  setBox(items, base) {
    this.set(items.length ? add(base, items) : base);
  }

  /** Everything that is shown, folders apart; of many results their number is enough. */
  async all() {
    const { gallery } = this;
    const { list } = gallery.state;
    if (!list || gallery.isAtRoots) return;
    if (gallery.isTimeline && list.count > MANY) this.set(everything(list.count));
    else if (list.count > list.folders)
      this.set(only(await gallery.itemsBetween(list.folders, list.count - 1)));
  }

  clear() {
    this.anchor = -1;
    this.set(NOTHING);
  }

  /** @param {string[]} paths  of files that are gone */
  forget(paths) {
    const { selection } = this.gallery.state;
    this.set(selection.everything ? NOTHING : without(selection, paths));
    this.anchor = -1;
  }
}
