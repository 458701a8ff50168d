import { ApiError } from '../api.mjs';
import { itemAt, totals } from '../lib/columns.mjs';
import { groupByDay } from '../lib/days.mjs';
import { rootOf } from '../lib/paths.mjs';
import { problemOf } from '../lib/problems.mjs';
import { HOME } from '../lib/router.mjs';
import { NOTHING } from '../lib/selection.mjs';
import { sortRows } from '../lib/sort.mjs';
import { createStore } from '../lib/store.mjs';
import { keepPlace, readAddress, readPlace } from './address.mjs';
import { Covers } from './covers.mjs';
import { Indexing } from './indexing.mjs';
import { InfoAsker } from './info.mjs';
import { Library } from './library.mjs';
import { Listings } from './listing.mjs';
import { Navigating } from './navigating.mjs';
import { complete } from './opening.mjs';
import { writePref } from './prefs.mjs';
import { Refreshing } from './refreshing.mjs';
import { rootColumns } from './roots.mjs';
import { Selecting } from './selecting.mjs';
import { Sorting } from './sorting.mjs';
import { initialState } from './state.mjs';
import { Viewing } from './viewing.mjs';

/** @typedef {import('../api.mjs').Api} Api */
/** @typedef {import('../lib/columns.mjs').Columns} Columns */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('./address.mjs').Place} Place */
/** @typedef {import('./grid.mjs').Grid} Grid */

/** Where the user is, and everything that can be done there. It moves the grid and the viewer, but builds no element itself. */
export class Gallery {
  /**
   * @param {Api} api
   * @param {{narrow: boolean}} screen
   */
  constructor(api, screen) {
    this.api = api;
    this.listings = new Listings(api);
    this.covers = new Covers(api, () => this.grid?.cards.refresh());
    this.store = createStore(initialState(screen));
    /** @type {Promise<import('../lib/types.mjs').Settings>|null} */
    this.early = null;
    /** @type {Grid|null} */
    this.grid = null;
    /** Rows of the columns in display order. */
    this.shown = new Uint32Array(0);
    /** @type {Route} */
    this.route = HOME;
    this.info = new InfoAsker(this);
    this.selecting = new Selecting(this);
    this.viewing = new Viewing(this);
    this.refreshing = new Refreshing(this);
    this.navigating = new Navigating(this);
    this.library = new Library(this);
    this.indexing = new Indexing(this);
    /** @type {HTMLInputElement|null} */
    this.searchField = null;
    this.sorting = new Sorting(this);
  }

  get state() {
    return this.store.get();
  }

  /** @param {Partial<import('./state.mjs').GalleryState>} change */
  set(change) {
    this.store.set(change);
  }

  async start() {
    window.addEventListener('popstate', () => this.visitAddress());
    this.refreshing.start();
    await this.retry();
  }

  /** Everything from the server anew: at the start, and after a failure. */
  async retry() {
    const settings = this.early ?? this.api.settings();
    this.early = null;
    this.set({ phase: this.state.phase === 'start' ? 'start' : 'loading', problem: null });
    try {
      const { roots } = await settings;
      writePref('home', roots.length === 1 ? roots[0].path : '');
      this.set({ roots });
    } catch (error) {
      this.fail(error, null);
      return;
    }
    await this.visitAddress();
    this.indexing.follow();
  }

  /**
   * Shows what the address says.
   * @param {string|null} [typed]  what is in the search field, where that led here
   */
  async visitAddress(typed = null) {
    const route = readAddress();
    this.route = route;
    await complete(this, route);
    if (this.route !== route) return;
    const { view, folder, query, phase, columns, sort, order } = this.state;
    const wanted = this.sorting.of(route);
    const resorted = wanted.sort !== sort || wanted.order !== order;
    const moved = route.view !== view || route.folder !== folder || route.query !== query || phase !== 'ready';
    this.set({ ...wanted, text: typed ?? route.query });
    if (route.view === 'library') {
      if (moved || resorted) await this.library.visit(route, readPlace());
    } else if (moved) await this.visitFolder(route, readPlace());
    else if (resorted) this.arrange(columns, readPlace());
    if (this.route === route && this.state.phase === 'ready') this.viewing.visit(route.open);
  }

  /**
   * @param {Route} route
   * @param {Place} place
   */
  async visitFolder(route, place) {
    const { folder } = route;
    this.viewing.forget();
    this.set({ view: 'folders', folder, query: '', refused: '', selection: NOTHING, current: -1, info: null, infoFailed: false });
    const kept = folder === null ? null : this.listings.find(folder);
    if (folder === null || kept) {
      this.arrange(kept?.columns ?? rootColumns(this.state.roots), place);
      this.refreshing.ifStale();
      return;
    }
    this.clear();
    try {
      const columns = await this.listings.load(folder);
      if (this.route === route) this.arrange(columns, place);
    } catch (error) {
      if (this.route === route) this.fail(error, folder);
    }
  }

  /** Nothing is shown until an answer comes. */
  clear() {
    this.shown = new Uint32Array(0);
    this.grid?.empty();
    this.set({ phase: 'loading', problem: null, columns: null });
  }

  /**
   * @param {unknown} error
   * @param {string|null} folder
   */
  fail(error, folder) {
    if (!(error instanceof ApiError)) throw error;
    this.clear();
    this.set({ phase: 'problem', connecting: false, problem: problemOf(error, folder, this.state.roots), columns: null });
  }

  /**
   * Sorts and shows a listing at the place that a history entry remembers.
   * @param {Columns|null} columns
   * @param {Place} place
   */
  arrange(columns, { anchor = null, current = null }) {
    if (!columns || !this.grid) return;
    const { sort, order, folder, roots, view } = this.state;
    // What a search finds comes in order.
    this.shown = view === 'library' ? Uint32Array.from({ length: columns.count }, (_, i) => i) : sortRows(columns, sort, order);
    const sums = totals(columns);
    const index = this.indexOf(columns, current);
    const anchorIndex = this.indexOf(columns, anchor?.name ?? null);
    this.set({ phase: 'ready', problem: null, columns, totals: sums, current: index });
    this.grid.show(this.source(columns), {
      label: folder === null ? '' : rootOf(folder, roots)?.name ?? folder,
      current: index,
      anchor: anchor && anchorIndex >= 0 ? { index: anchorIndex, offset: anchor.offset } : null,
    });
    this.info.ask(0);
    this.viewing.prepare();
  }

  /**
   * More files of the library are known, behind those that are shown.
   * @param {Columns} columns
   */
  grow(columns) {
    this.shown = Uint32Array.from({ length: columns.count }, (_, i) => i);
    this.set({ columns, totals: totals(columns) });
    this.grid?.grow(this.source(columns));
  }

  /**
   * @param {Columns} columns
   * @returns {import('./grid.mjs').Source}
   */
  source(columns) {
    return {
      count: columns.count,
      folders: this.state.totals.folders,
      days: this.state.view === 'library' && this.state.sort === 'date' ? groupByDay(columns.dates) : null,
      item: (i) => this.item(i),
      isSelected: (i) => this.state.selection.keys.has(columns.paths[this.shown[i]]),
    };
  }

  /**
   * Where the grid stands, by keys.
   * @returns {Place}
   */
  place() {
    const anchor = this.grid?.anchor() ?? null;
    const { currentItem } = this;
    return {
      anchor: anchor && { name: this.key(this.item(anchor.index)), offset: anchor.offset },
      current: currentItem && this.key(currentItem),
      loaded: this.library.found?.columns.count ?? 0,
    };
  }

  keepPlace() {
    if (this.state.phase === 'ready' && !this.state.viewing) keepPlace(this.place());
  }

  get count() {
    return this.shown.length;
  }

  /**
   * @param {number} index  as displayed
   * @returns {Item}
   */
  item(index) {
    const { columns, roots } = this.state;
    const item = itemAt(/** @type {Columns} */ (columns), this.shown[index]);
    if (this.isAtRoots) item.online = roots[this.shown[index]].online;
    return item;
  }

  /** The list of roots is shown. */
  get isAtRoots() {
    return this.state.view === 'folders' && this.state.folder === null;
  }

  /**
   * What tells an item from all others in this view. Addresses of folders stay short; in the library a name is not enough.
   * @param {Item} item
   */
  key(item) {
    return this.state.view === 'library' ? item.path : item.name;
  }

  /**
   * @param {Columns} columns
   * @param {string|null} key
   */
  indexOf(columns, key) {
    const keys = this.state.view === 'library' ? columns.paths : columns.names;
    return key === null ? -1 : this.shown.findIndex((row) => keys[row] === key);
  }

  get currentItem() {
    const { columns, current } = this.state;
    return columns && current >= 0 && current < this.count ? this.item(current) : null;
  }

  /**
   * The grid's current item is another one.
   * @param {number} index
   */
  setCurrent(index) {
    this.set({ current: index, info: this.info.find(this.item(index)), infoFailed: false });
    this.info.ask();
  }

  /** @param {number} tile */
  setTile(tile) {
    writePref('tile', tile);
    this.set({ tile });
    this.grid?.setTile(tile);
  }
}
