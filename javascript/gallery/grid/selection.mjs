import { add, everything, has, NOTHING, only, remove, toggle, without } from '../lib/selection.mjs';

/** @typedef {import('../lib/selection.mjs').Selection} Selection */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../app/parts.mjs').Parts} Parts */

/** More results than this are not named one by one. */
const MANY = 1000;

/** What is selected in the grid. */
export class GridSelection {
  /** @param {Pick<Parts, 'display'|'store'>} parts */
  constructor({ display, store }) {
    this.display = display;
    this.store = store;
    /** Where a range starts, as displayed; -1: where the current item is. */
    this.anchor = -1;
  }

  /** @param {Selection} selection */
  set(selection) {
    if (this.display.list?.isRoots || selection === this.store.state.selection) return;
    this.store.set({ selection });
    this.display.grid?.refreshSelection();
  }

  /** @param {number} index */
  toggle(index) {
    if (index < 0) return;
    this.anchor = index;
    const item = this.display.item(index);
    if (item.is === 'known') this.set(toggle(this.store.state.selection, item));
  }

  toggleCurrent() {
    this.toggle(this.store.state.current);
  }

  /**
   * From where the last one was selected to here.
   * @param {number} index
   * @param {number} [start]  where it begins while nothing is selected
   */
  async extendTo(index, start = this.store.state.current) {
    const { selection } = this.store.state;
    const from = selection.anchor !== null && this.anchor >= 0 ? this.anchor : Math.max(0, start);
    const items = await this.display.itemsBetween(from, index);
    this.anchor = from;
    this.set(add(this.store.state.selection, items, this.display.item(from).path || null));
  }

  /**
   * The items of a day or month; where all are selected, they no longer are.
   * @param {{first: number, count: number}} range
   */
  async toggleRange({ first, count }) {
    const items = await this.display.itemsBetween(first, first + count - 1);
    const { selection } = this.store.state;
    const areAll = items.every((item) => has(selection, item.path));
    this.set(areAll ? remove(selection, items) : add(selection, items));
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
    const { list } = this.store.state;
    if (!list || list.isRoots) return;
    if (list.isPaged && list.count > MANY) this.set(everything(list.count));
    else if (list.count > list.folders)
      this.set(only(await this.display.itemsBetween(list.folders, list.count - 1)));
  }

  clear() {
    this.anchor = -1;
    this.set(NOTHING);
  }

  /** @param {string[]} paths  of files that are gone */
  forget(paths) {
    const { selection } = this.store.state;
    this.set(selection.everything ? NOTHING : without(selection, paths));
    this.anchor = -1;
  }
}
