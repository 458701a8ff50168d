import { ApiError } from '../api/transport.mjs';
import { keepPlace } from '../browser/address.mjs';
import { groupName } from '../lib/groups.mjs';
import { rootOf } from '../lib/paths.mjs';
import { problemOf } from '../lib/problems.mjs';
import { HOME } from '../lib/router.mjs';
import { has } from '../lib/selection.mjs';
import { spotOf } from '../lib/timeline.mjs';
import { resetState } from './state.mjs';

/** @typedef {import('../browser/address.mjs').Place} Place */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('./parts.mjs').Parts} Parts */
/** @typedef {import('./view.mjs').List} List */
/** @typedef {{anchor: {index: number, offset: number}|null, current: number}} Where */

/**
 * What others do when something else is displayed.
 * @typedef {Object} Events
 * @property {() => void} onReset  another place is visited
 * @property {() => void} onArrange  a list is shown
 * @property {(first: number, count: number) => void} onArrive  files of the list are known that were not
 * @property {() => void} onStale  the list has another order by now
 * @property {(item: Item) => Partial<import('./state.mjs').GalleryState>} onCurrent  another item is the
 *   current one
 * @property {() => void} onMoved  the state says so, too
 */

/** Look for a replacement of an item that is gone within this many positions. */
const NEAREST = 2000;

/** What is displayed: the address, its view, the list and the grid that draws it. */
export class Display {
  /**
   * @param {Pick<Parts, 'store'|'words'>} parts
   * @param {Events} events
   */
  constructor({ store, words }, events) {
    this.store = store;
    this.words = words;
    this.events = events;
    /** @type {Route} */
    this.route = HOME;
    /** @type {import('./view.mjs').View|null} */
    this.view = null;
    /** @type {import('../grid/grid.mjs').Grid|null} */
    this.grid = null;
    /** @type {import('../grid/scrubber.mjs').Scrubber|null} */
    this.scrubber = null;
  }

  get list() {
    return this.store.state.list;
  }

  get count() {
    return this.list?.count ?? 0;
  }

  /**
   * @param {number} index  as displayed
   * @returns {Item}
   */
  item(index) {
    return /** @type {List} */ (this.list).at(index);
  }

  get currentItem() {
    const { list, current } = this.store.state;
    return list && current >= 0 && current < list.count ? list.at(current) : null;
  }

  /**
   * What tells an item from all others in this list.
   * @param {Item} item
   */
  key(item) {
    return /** @type {List} */ (this.list).keyOf(item);
  }

  /** @param {string|null} key */
  indexOf(key) {
    return key === null ? -1 : (this.list?.indexOf(key) ?? -1);
  }

  /**
   * Items from one place to another, both included, whichever comes first. Raises ApiError where
   * they have to be asked for.
   * @param {number} a
   * @param {number} b
   * @returns {Promise<Item[]>}
   */
  async itemsBetween(a, b) {
    const { list } = this;
    return list ? list.itemsOf(new Set(await list.paths(Math.min(a, b), Math.max(a, b)))) : [];
  }

  /**
   * The grid's current item is another one.
   * @param {number} index
   */
  setCurrent(index) {
    const change = this.events.onCurrent(this.item(index));
    this.store.set({ ...change, current: index });
    this.events.onMoved();
  }

  /**
   * Another place is visited.
   * @param {Route} route
   * @param {Partial<import('./state.mjs').GalleryState>} [extra]
   */
  reset(route, extra) {
    this.events.onReset();
    this.store.set(resetState(route, extra));
  }

  /** Nothing is shown until an answer comes. */
  clear() {
    this.list?.rest();
    this.grid?.empty();
    const totals = { folders: 0, files: 0, bytes: 0 };
    this.store.set({ phase: 'loading', problem: null, list: null, totals });
  }

  /**
   * @param {unknown} error
   * @param {string|null} folder
   */
  fail(error, folder) {
    if (!(error instanceof ApiError)) throw error;
    this.clear();
    const problem = problemOf(error, folder, this.store.state.roots);
    this.store.set({ phase: 'problem', connecting: false, problem });
  }

  /**
   * Shows a list at a place in it.
   * @param {List} list
   * @param {Where} where
   */
  arrange(list, { anchor, current }) {
    if (!this.grid) return;
    const { folder, roots, list: before, view } = this.store.state;
    if (before && before !== list) before.rest();
    const totals = { ...list.totals, files: list.count - list.folders };
    this.store.set({ phase: 'ready', problem: null, list, totals, current });
    this.listenTo(list);
    const name = folder === null ? '' : (rootOf(folder, roots)?.name ?? folder);
    const label = name || this.words.t(`view.${view}`);
    this.grid.show(this.source(list), { label, current, anchor });
    this.events.onArrange();
  }

  /**
   * Shows a list of which everything is known at a place that is named by keys.
   * @param {import('../folders/folder-list.mjs').FolderList} list
   * @param {Place} place
   */
  arrangeAt(list, { anchor = null, current = null }) {
    const index = anchor ? list.indexOf(anchor.name) : -1;
    this.arrange(list, {
      anchor: anchor && index >= 0 ? { index, offset: anchor.offset } : null,
      current: current === null ? -1 : list.indexOf(current),
    });
  }

  /** @param {List} list */
  listenTo(list) {
    list.onArrive = (first, count) => {
      if (this.list !== list) return;
      this.grid?.arrived(first, count);
      this.events.onArrive(first, count);
      const { current } = this.store.state;
      if (current >= first && current < first + count) this.setCurrent(current);
    };
    list.onStale = () => {
      if (this.list === list) this.events.onStale();
    };
  }

  /**
   * @param {List} list
   * @returns {import('../grid/grid.mjs').Source}
   */
  source(list) {
    return {
      count: list.count,
      folders: list.folders,
      days: this.sectionsOf(list),
      shape: this.shapeOf(list),
      item: (i) => list.at(i),
      ratios: (first, count) => list.ratios(first, count),
      want: (first, last) => list.want(first, last),
      isSelected: (i) => has(this.store.state.selection, list.at(i).path),
    };
  }

  /**
   * What the files of a list are under, with names; null: without headings. One name alone says nothing
   * that the order does not.
   * @param {List} list
   * @returns {import('../lib/days.mjs').Day[]|null}
   */
  sectionsOf(list) {
    const { roots } = this.store.state;
    const sections = list.sections.map((section) =>
      'start' in section
        ? section
        : {
            start: 0,
            count: section.count,
            name: groupName(list.question.sort, section.value, this.words, roots),
          },
    );
    const isAlone = sections.length === 1 && sections[0].name !== undefined;
    return sections.length && !isAlone ? sections : null;
  }

  /**
   * The shape of its tiles, as far as that can be had now.
   * @param {List} list
   */
  shapeOf(list) {
    const { asList, shape } = this.store.state;
    if (asList && !list.isRoots) return 'list';
    return list.knowsShapes ? shape : 'square';
  }

  /**
   * Where the grid stands, or would stand, by keys.
   * @param {Where} [where]
   * @returns {Place}
   */
  place(
    { anchor, current } = {
      anchor: this.grid?.anchor() ?? null,
      current: this.store.state.current,
    },
  ) {
    const { list } = this;
    const isIn = (/** @type {number} */ index) => index >= 0 && index < this.count;
    const spot = (/** @type {number} */ index) =>
      spotOf(index, list?.days ?? [], list?.starts ?? new Uint32Array(0));
    const keyAt = (/** @type {number} */ index) => this.key(this.item(index));
    return {
      anchor:
        anchor && isIn(anchor.index)
          ? { name: keyAt(anchor.index), offset: anchor.offset, spot: spot(anchor.index) }
          : null,
      current: isIn(current) ? keyAt(current) : null,
      currentSpot: isIn(current) ? spot(current) : null,
    };
  }

  /** Keeps in the history where the grid stands. */
  keepPlace() {
    const { phase, viewing } = this.store.state;
    if (phase === 'ready' && !viewing) keepPlace(this.place());
  }

  /**
   * Where the user is, in terms of another list: beside what is no longer there.
   * @param {(path: string) => boolean} isThere
   * @returns {Place}
   */
  placeIn(isThere) {
    const anchor = this.grid?.anchor() ?? null;
    const { current } = this.store.state;
    return this.place({
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
    const fits = (/** @type {number} */ i) => {
      const item = this.item(i);
      return item.is === 'known' && isThere(item.path);
    };
    const end = Math.min(this.count, index + NEAREST);
    for (let i = index; i < end; i += 1) if (fits(i)) return i;
    for (let i = index - 1; i >= Math.max(0, index - NEAREST); i -= 1) if (fits(i)) return i;
    return -1;
  }
}
