import { FOLDER_SORTS, naturalOrder, SORT_FIELDS } from '../lib/sort.mjs';
import { readPlace, replaceAddress } from './address.mjs';
import { writePref } from './prefs.mjs';
import { habitOf, sortPref } from './state.mjs';

/** @typedef {import('../lib/types.mjs').Media} Media */
/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('../lib/types.mjs').SortField} SortField */
/** @typedef {import('../lib/types.mjs').SortOrder} SortOrder */
/** @typedef {import('./gallery.mjs').Gallery} Gallery */

const ALBUM = /(?:^|\s)album:\S/;
const SEEDS = 999_999_999;

/** The order of files, and which kinds are shown: each view has a habit of its own, and an address may say otherwise. */
export class Sorting {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
    this.habits = { library: habitOf('library'), folders: habitOf('folders') };
    /** Of the random order where the address names none: the same until the user shuffles again. */
    this.seed = draw();
  }

  /**
   * How files are sorted at an address.
   * @param {Route} route
   * @returns {{sort: SortField, order: SortOrder, seed: number}}
   */
  of(route) {
    const habit = this.habits[viewOf(route)];
    const said = this.fields(route).includes(route.sort ?? 'date') ? route.sort : null;
    const sort = said ?? habit.sort;
    return { sort, order: route.order ?? (said ? naturalOrder(said) : habit.order), seed: sort === 'random' ? route.seed ?? this.seed : 0 };
  }

  /**
   * What can be sorted by at an address. Only an album has an order of its own.
   * @param {Route} route
   */
  fields(route) {
    if (viewOf(route) === 'folders') return FOLDER_SORTS;
    return ALBUM.test(route.query) ? SORT_FIELDS : SORT_FIELDS.filter((field) => field !== 'album');
  }

  /**
   * @param {SortField} sort
   * @param {SortOrder} order
   */
  change(sort, order) {
    const { route } = this.gallery;
    const view = viewOf(route);
    if (sort !== 'album') {
      this.habits[view] = { sort, order };
      writePref(sortPref(view, 'sort'), sort);
      writePref(sortPref(view, 'order'), order);
    }
    this.go({ ...route, sort, order, seed: sort === 'random' ? this.seed : null });
  }

  /** Another random order. */
  shuffle() {
    this.seed = draw();
    const { gallery } = this;
    replaceAddress({ ...gallery.route, sort: 'random', seed: this.seed }, {});
    gallery.visitAddress();
  }

  /** @param {Media} media */
  show(media) {
    this.go({ ...this.gallery.route, media });
  }

  /** @param {Route} route  the same place, looked at in another way */
  go(route) {
    const { gallery } = this;
    const current = gallery.currentItem && gallery.key(gallery.currentItem);
    replaceAddress(route, { ...readPlace(), anchor: null, current, currentSpot: null });
    gallery.visitAddress();
  }
}

/**
 * A folder with all below it is sorted by the server, as the library is.
 * @param {Route} route
 */
function viewOf(route) {
  return (route.view === 'folders' && !route.walk) || route.topic !== null ? 'folders' : 'library';
}

function draw() {
  return 1 + Math.floor(Math.random() * SEEDS);
}
