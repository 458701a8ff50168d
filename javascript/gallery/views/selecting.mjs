import { all, NOTHING, toggle } from '../lib/selection.mjs';

/** @typedef {import('../lib/selection.mjs').Selection} Selection */
/** @typedef {import('./gallery.mjs').Gallery} Gallery */

/** What is selected in the grid. */
export class Selecting {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
  }

  /** @param {(selection: Selection, paths: string[]) => Selection} how  paths: all, as displayed */
  change(how) {
    const { columns, selection } = this.gallery.state;
    if (!columns || this.gallery.isAtRoots) return;
    this.gallery.set({ selection: how(selection, Array.from(this.gallery.shown, (row) => columns.paths[row])) });
    this.gallery.grid?.refreshSelection();
  }

  all() {
    const { folders } = this.gallery.state.totals;
    this.change((_selection, paths) => all(paths.slice(folders)));
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
    const { columns, selection } = this.gallery.state;
    if (!columns) return [];
    return [...this.gallery.shown.keys()].filter((i) => selection.keys.has(columns.paths[this.gallery.shown[i]])).map((i) => this.gallery.item(i));
  }
}
