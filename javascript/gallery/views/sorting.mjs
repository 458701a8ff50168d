import { naturalOrder } from '../lib/sort.mjs';
import { readPlace, replaceAddress } from './address.mjs';
import { writePref } from './prefs.mjs';
import { habitOf, sortPref } from './state.mjs';

/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('../lib/types.mjs').SortField} SortField */
/** @typedef {import('../lib/types.mjs').SortOrder} SortOrder */
/** @typedef {import('./gallery.mjs').Gallery} Gallery */

/** The order of files: each view has a habit of its own, and an address may say otherwise. */
export class Sorting {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
    this.habits = { library: habitOf('library'), folders: habitOf('folders') };
  }

  /**
   * How files are sorted at an address.
   * @param {Route} route
   */
  of(route) {
    const habit = this.habits[route.view ?? 'library'];
    return { sort: route.sort ?? habit.sort, order: route.order ?? (route.sort ? naturalOrder(route.sort) : habit.order) };
  }

  /**
   * @param {SortField} sort
   * @param {SortOrder} order
   */
  change(sort, order) {
    const { gallery } = this;
    const { view } = gallery.state;
    this.habits[view] = { sort, order };
    writePref(sortPref(view, 'sort'), sort);
    writePref(sortPref(view, 'order'), order);
    const current = gallery.currentItem && gallery.key(gallery.currentItem);
    replaceAddress({ ...gallery.route, sort, order }, { ...readPlace(), anchor: null, current });
    gallery.visitAddress();
  }
}
