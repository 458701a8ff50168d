import { readPlace, replaceAddress } from '../browser/address.mjs';

/** @typedef {import('../lib/types.mjs').Media} Media */
/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('../lib/types.mjs').SortField} SortField */
/** @typedef {import('../lib/types.mjs').SortOrder} SortOrder */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

/** The order of files, and which kinds are shown. */
export class Sorting {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
  }

  /**
   * @param {SortField} sort
   * @param {SortOrder} order
   */
  change(sort, order) {
    const { route, habits } = this.gallery;
    if (sort !== 'album') habits.take(route, sort, order);
    this.go({ ...route, sort, order, seed: sort === 'random' ? habits.seed : null });
  }

  /** Another random order. */
  shuffle() {
    const { gallery } = this;
    gallery.habits.shuffle();
    replaceAddress({ ...gallery.route, sort: 'random', seed: gallery.habits.seed }, {});
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
