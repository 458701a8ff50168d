import { readPlace, replaceAddress } from '../browser/address.mjs';
import { openStack } from '../lib/query.mjs';
import { STACKS } from '../lib/router.mjs';
import { isParameterSort } from '../lib/sort.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Media} Media */
/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('../lib/types.mjs').SortField} SortField */
/** @typedef {import('../lib/types.mjs').SortOrder} SortOrder */

/** The order of files, and which kinds are shown. */
export class Sort {
  /** @param {Pick<Parts, 'display'|'viewPrefs'|'visit'>} parts */
  constructor({ display, viewPrefs, visit }) {
    this.display = display;
    this.viewPrefs = viewPrefs;
    this.visit = visit;
  }

  /** What can be sorted by here. */
  get fields() {
    return this.viewPrefs.fields(this.display.route);
  }

  /**
   * @param {SortField} sort
   * @param {SortOrder} order
   */
  change(sort, order) {
    const { route } = this.display;
    if (sort !== 'album' && !isParameterSort(sort)) this.viewPrefs.take(route, sort, order);
    this.go({ ...route, sort, order, seed: sort === 'random' ? this.viewPrefs.seed : null });
  }

  /** Another random order. */
  shuffle() {
    this.viewPrefs.shuffle();
    replaceAddress({ ...this.display.route, sort: 'random', seed: this.viewPrefs.seed }, {});
    this.visit();
  }

  /** What files can be folded by here; null where they cannot. */
  get stacks() {
    const { route } = this.display;
    const isOffered = (route.view === 'library' || route.walk) && !openStack(route.query);
    return isOffered ? STACKS : null;
  }

  /** @param {import('./view-prefs.mjs').Stack} stack */
  fold(stack) {
    this.viewPrefs.takeStack(stack);
    this.go({ ...this.display.route, stack: stack || 'none' });
  }

  /** @param {Media} media */
  showOnly(media) {
    this.go({ ...this.display.route, media });
  }

  /** @param {Route} route  the same place, looked at in another way */
  go(route) {
    const { currentItem } = this.display;
    const current = currentItem && this.display.key(currentItem);
    replaceAddress(route, { ...readPlace(), anchor: null, current, currentSpot: null });
    this.visit();
  }
}
