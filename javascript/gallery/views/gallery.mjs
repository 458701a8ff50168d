import { ApiError } from '../api.mjs';
import { itemAt, totals } from '../lib/columns.mjs';
import { crumbs, rootOf } from '../lib/paths.mjs';
import { problemOf } from '../lib/problems.mjs';
import { HOME } from '../lib/router.mjs';
import { extend, NOTHING, toggle } from '../lib/selection.mjs';
import { naturalOrder, sortRows } from '../lib/sort.mjs';
import { createStore } from '../lib/store.mjs';
import { hrefOf, keepPlace, pushAddress, readAddress, readPlace, replaceAddress } from './address.mjs';
import { InfoAsker } from './info.mjs';
import { Listings } from './listing.mjs';
import { readPref, writePref } from './prefs.mjs';
import { Refreshing } from './refreshing.mjs';
import { rootColumns } from './roots.mjs';
import { Selecting } from './selecting.mjs';
import { initialState } from './state.mjs';
import { Viewing } from './viewing.mjs';

/** @typedef {import('../api.mjs').Api} Api */
/** @typedef {import('../lib/columns.mjs').Columns} Columns */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('../lib/types.mjs').SortField} SortField */
/** @typedef {import('../lib/types.mjs').SortOrder} SortOrder */
/** @typedef {import('./address.mjs').Place} Place */
/** @typedef {import('./grid.mjs').Grid} Grid */

/** @type {(value: unknown) => value is string} */
const isText = (value) => typeof value === 'string';

/** Where the user is, and everything that can be done there. It moves the grid and the viewer, but builds no element itself. */
export class Gallery {
  /**
   * @param {Api} api
   * @param {{narrow: boolean}} screen
   */
  constructor(api, screen) {
    this.api = api;
    this.listings = new Listings(api);
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
  }

  get state() {
    return this.store.get();
  }

  /** @param {Partial<import('./state.mjs').GalleryState>} change */
  set(change) {
    this.store.set(change);
  }

  /**
   * Asks the server before the rest of the page is loaded. The listing need not wait for the settings where the address says which
   * folder it will be, or where the library has had one root so far. Failures are met again in ``start``.
   */
  prefetch() {
    const ignore = () => {};
    const { folder } = readAddress();
    const likely = folder ?? readPref('home', '', isText);
    if (likely) this.listings.load(likely).catch(ignore);
    this.early = this.api.settings();
    this.early.then(({ roots }) => {
      if (folder === null && roots.length === 1 && !this.listings.find(roots[0].path)) this.listings.load(roots[0].path).catch(ignore);
    }, ignore);
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
  }

  /** Shows what the address says. */
  async visitAddress() {
    const route = readAddress();
    const { roots } = this.state;
    if (route.folder === null && roots.length === 1) {
      route.folder = roots[0].path;
      replaceAddress(route);
    }
    this.route = route;
    const sort = route.sort ?? this.state.sort;
    const order = route.order ?? (route.sort ? naturalOrder(route.sort) : this.state.order);
    const resorted = sort !== this.state.sort || order !== this.state.order;
    this.set({ sort, order });
    if (route.folder !== this.state.folder || this.state.phase !== 'ready') await this.visitFolder(route, readPlace());
    else if (resorted) this.arrange(this.state.columns, readPlace());
    if (this.route === route && this.state.phase === 'ready') this.viewing.visit(route.open);
  }

  /**
   * @param {Route} route
   * @param {Place} place
   */
  async visitFolder(route, place) {
    const { folder } = route;
    this.viewing.forget();
    this.set({ folder, selection: NOTHING, current: -1, info: null, infoFailed: false });
    const kept = folder === null ? null : this.listings.find(folder);
    if (folder === null || kept) {
      this.arrange(kept?.columns ?? rootColumns(this.state.roots), place);
      this.refreshing.ifStale();
      return;
    }
    this.set({ phase: 'loading', problem: null, columns: null });
    try {
      const columns = await this.listings.load(folder);
      if (this.route === route) this.arrange(columns, place);
    } catch (error) {
      if (this.route === route) this.fail(error, folder);
    }
  }

  /**
   * @param {unknown} error
   * @param {string|null} folder
   */
  fail(error, folder) {
    if (!(error instanceof ApiError)) throw error;
    this.set({ phase: 'problem', connecting: false, problem: problemOf(error, folder, this.state.roots), columns: null });
  }

  /**
   * Sorts and shows a listing at the place that a history entry remembers.
   * @param {Columns|null} columns
   * @param {Place} place
   */
  arrange(columns, { anchor = null, current = null }) {
    if (!columns || !this.grid) return;
    const { sort, order, folder, roots } = this.state;
    this.shown = sortRows(columns, sort, order);
    const sums = totals(columns);
    const index = this.indexOf(columns, current);
    const anchorIndex = this.indexOf(columns, anchor?.name ?? null);
    this.set({ phase: 'ready', problem: null, columns, totals: sums, current: index });
    this.grid.show({
      count: columns.count,
      folders: sums.folders,
      item: (i) => this.item(i),
      isSelected: (i) => this.state.selection.keys.has(columns.paths[this.shown[i]]),
    }, {
      label: folder === null ? '' : rootOf(folder, roots)?.name ?? folder,
      current: index,
      anchor: anchor && anchorIndex >= 0 ? { index: anchorIndex, offset: anchor.offset } : null,
    });
    this.info.ask(0);
    this.viewing.prepare();
  }

  /**
   * Where the grid stands, by names.
   * @returns {Place}
   */
  place() {
    const anchor = this.grid?.anchor() ?? null;
    return { anchor: anchor && { name: this.item(anchor.index).name, offset: anchor.offset }, current: this.currentItem?.name ?? null };
  }

  keepPlace() {
    if (this.state.phase === 'ready' && !this.state.viewing) keepPlace(this.place());
  }

  /**
   * @param {string|null} folder
   * @returns {Route}
   */
  folderRoute(folder) {
    return { ...HOME, folder, sort: this.route.sort, order: this.route.order };
  }

  /** @param {string|null} folder */
  openFolder(folder) {
    this.keepPlace();
    pushAddress(this.folderRoute(folder));
    this.visitAddress();
  }

  openParent() {
    const { folder, roots } = this.state;
    const way = folder === null ? [] : crumbs(folder, roots);
    if (way.length > 1) this.openFolder(way[way.length - 2].path);
    else if (folder !== null && roots.length > 1) this.openFolder(null);
  }

  get count() {
    return this.shown.length;
  }

  /**
   * @param {number} index  as displayed
   * @returns {Item}
   */
  item(index) {
    const { columns, folder, roots } = this.state;
    const item = itemAt(/** @type {Columns} */ (columns), this.shown[index]);
    if (folder === null) item.online = roots[this.shown[index]].online;
    return item;
  }

  /**
   * @param {Columns} columns
   * @param {string|null} name
   */
  indexOf(columns, name) {
    return name === null ? -1 : this.shown.findIndex((row) => columns.names[row] === name);
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

  /**
   * A click on a tile.
   * @param {number} index
   * @param {MouseEvent} event
   */
  activate(index, event) {
    const item = this.item(index);
    if (event.button === 1) {
      window.open(hrefOf(item.kind === 'dir' ? this.folderRoute(item.path) : { ...this.route, open: item.name }));
      return;
    }
    this.grid?.setCurrent(index);
    if (event.shiftKey) this.selecting.change((selection, paths) => extend(selection, item.path, paths));
    else if (event.ctrlKey || event.metaKey) this.selecting.change((selection) => toggle(selection, item.path));
    else this.open(index);
  }

  /** @param {number} index */
  open(index) {
    if (index < 0 || index >= this.count) return;
    const item = this.item(index);
    if (item.kind === 'dir') this.openFolder(item.path);
    else this.viewing.open(index);
  }

  /**
   * @param {SortField} sort
   * @param {SortOrder} order
   */
  setSort(sort, order) {
    writePref('sort', sort);
    writePref('order', order);
    const current = this.currentItem?.name ?? null;
    this.route = { ...this.route, sort, order };
    replaceAddress(this.route, { current });
    this.set({ sort, order });
    this.arrange(this.state.columns, { current });
  }

  /** @param {number} tile */
  setTile(tile) {
    writePref('tile', tile);
    this.set({ tile });
    this.grid?.setTile(tile);
  }
}
