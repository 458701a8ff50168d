import { all, extend, NOTHING, toggle } from '../lib/selection.mjs';

/** @typedef {import('../lib/selection.mjs').Selection} Selection */
/** @typedef {import('./gallery.mjs').Gallery} Gallery */

/** What is selected in the grid. */
export class Selecting {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
  }

  /** @param {(selection: Selection) => Selection} how */
  change(how) {
    const { list, selection } = this.gallery.state;
    if (!list || this.gallery.isAtRoots) return;
    this.gallery.set({ selection: how(selection) });
    this.gallery.grid?.refreshSelection();
  }

  /**
   * Selects from where the selection was begun to a file; what lies between may have to be asked for.
   * @param {number} index
   */
  async extendTo(index) {
    const { list, selection } = this.gallery.state;
    if (!list) return;
    const { path } = list.at(index);
    const from = selection.anchor === null ? -1 : list.placeOf(selection.anchor);
    const between = from < 0 ? [] : await list.paths(Math.min(from, index), Math.max(from, index));
    this.change((before) => extend(before, path, between));
  }

  async all() {
    const { list } = this.gallery.state;
    if (!list) return;
    const paths = await list.paths(list.folders, list.count - 1);
    this.change(() => all(paths));
  }

  toggleCurrent() {
    const item = this.gallery.currentItem;
    if (item) this.change((selection) => toggle(selection, item.path));
  }

  clear() {
    this.change(() => NOTHING);
  }

  /** Selected items in the order they are shown. */
  items() {
    const { list, selection } = this.gallery.state;
    return list && selection.keys.size ? list.itemsOf(selection.keys) : [];
  }
}
