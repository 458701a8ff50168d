import { hrefOf } from '../browser/address.mjs';
import { HOME } from '../lib/router.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../app/view.mjs').View} View */
/** @typedef {import('../lib/types.mjs').Route} Route */

/** Pages that are reached from another view. @type {Record<string, import('../lib/types.mjs').View>} */
const PARENTS = { graph: 'topics', history: 'trash', rules: 'tags' };

/**
 * Albums, tags, topics and statistics: pages that ask for what they show when they are drawn.
 * @implements {View}
 */
export class PageView {
  /** @param {Pick<Parts, 'display'|'store'>} parts */
  constructor({ display, store }) {
    this.display = display;
    this.store = store;
    this.isGrid = false;
    this.hasFiles = false;
  }

  /**
   * @param {Route} route
   * @param {import('../browser/address.mjs').Place} _place
   * @param {import('../app/view.mjs').Step} step
   */
  async visit(route, _place, step) {
    if (step !== 'moved' && route.query === this.store.state.query) return;
    this.display.reset(route, { media: 'all' });
    this.display.clear();
    this.store.set({ phase: 'ready' });
  }

  /** It shows no list. @returns {null} */
  get list() {
    return null;
  }

  leave() {}

  /** Lets the page ask again. */
  async refresh() {
    this.store.set({ turn: this.store.state.turn + 1 });
  }

  async changed() {
    return this.store.state.phase === 'ready';
  }

  /** @param {import('../app/view.mjs').Words} words */
  way({ t }) {
    const { view } = this.store.state;
    const parent = PARENTS[view];
    return {
      home: parent ? { name: t(`view.${parent}`), href: hrefOf({ ...HOME, view: parent }) } : null,
      crumbs: [{ name: t(`view.${view}`), path: '', href: '' }],
    };
  }

  summary() {
    return [];
  }
}
