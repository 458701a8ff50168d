import { ApiError } from '../api.mjs';
import { formatsFor } from '../lib/format.mjs';
import { rootOf } from '../lib/paths.mjs';
import { problemOf } from '../lib/problems.mjs';
import { HOME, PAGES } from '../lib/router.mjs';
import { has, NOTHING } from '../lib/selection.mjs';
import { createStore } from '../lib/store.mjs';
import { spotOf } from '../lib/timeline.mjs';
import { Acting } from '../actions/file-operations.mjs';
import { keepPlace, readAddress, readPlace } from '../browser/address.mjs';
import { Changes } from '../library/poll.mjs';
import { Changing } from '../actions/reconcile.mjs';
import { Commanding } from '../actions/commands.mjs';
import { Covers } from '../grid/folder-covers.mjs';
import { Dragging } from '../grid/drag.mjs';
import { FolderList } from '../folders/folder-list.mjs';
import { Importing } from '../import/marks-import.mjs';
import { Indexing } from '../library/index-status.mjs';
import { InfoAsker } from '../info/info-loader.mjs';
import { Jobs } from './jobs.mjs';
import { Library } from '../library/library.mjs';
import { Marking } from '../actions/marks.mjs';
import { Menus } from '../actions/context-menu.mjs';
import { Navigating } from './navigation.mjs';
import { complete } from './default-route.mjs';
import { Organising } from '../organise/plans.mjs';
import { writePref } from '../browser/prefs.mjs';
import { Refreshing } from './refresh.mjs';
import { rootColumns } from '../folders/roots.mjs';
import { Searching } from '../library/search.mjs';
import { Selecting } from '../grid/selection.mjs';
import { Sorting } from '../library/sort.mjs';
import { initialState } from './state.mjs';
import { Toasting } from './toasts.mjs';
import { Topics } from '../pages/topics.mjs';
import { Trash } from '../pages/trash.mjs';
import { Tree } from '../folders/tree.mjs';
import { Viewing } from '../viewer/controller.mjs';

/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('../browser/address.mjs').Place} Place */
/** @typedef {import('../grid/grid.mjs').Grid} Grid */

/**
 * What is shown, in display order: everything of a folder, or as much as is known of a timeline.
 * @typedef {FolderList|import('../library/timeline.mjs').Timeline} List
 */

/**
 * Where the user is, and everything that can be done there. It moves the grid and the viewer, but
 * builds no element itself.
 */
export class Gallery {
  /**
   * @param {import('../early.mjs').Early} early
   * @param {{narrow: boolean}} screen
   */
  constructor(early, screen) {
    const { api, habits } = early;
    this.api = api;
    this.habits = habits;
    this.listings = early.listings;
    this.covers = new Covers(api, () => this.grid?.cards.refresh());
    this.store = createStore(initialState(screen, habits.views.folders));
    /** @type {Promise<import('../lib/types.mjs').Settings>|null} */
    this.early = early.settings;
    /** @type {Grid|null} */
    this.grid = null;
    /** @type {import('../grid/scrubber.mjs').Scrubber|null} */
    this.scrubber = null;
    /** @type {Route} */
    this.route = HOME;
    this.info = new InfoAsker(this);
    this.selecting = new Selecting(this);
    this.viewing = new Viewing(this);
    this.refreshing = new Refreshing(this);
    this.navigating = new Navigating(this);
    this.library = new Library(this, early.timelines);
    this.searching = new Searching(this);
    this.changes = new Changes(this);
    this.indexing = new Indexing(this);
    this.tree = new Tree(this);
    /** @type {HTMLInputElement|null} */
    this.searchField = null;
    this.sorting = new Sorting(this);
    this.trash = new Trash(this);
    this.topics = new Topics(this);
    this.organising = new Organising(this);
    this.importing = new Importing(this);
    this.toasts = new Toasting(this);
    this.jobs = new Jobs(this);
    this.acting = new Acting(this);
    this.changing = new Changing(this);
    this.marking = new Marking(this);
    this.commanding = new Commanding(this);
    this.menus = new Menus(this);
    this.dragging = new Dragging(this);
    /**
     * How the user's language says things; known once the page draws.
     * @type {{t: import('../lib/i18n.mjs').Translate, formats: import('../lib/format.mjs').Formats}}
     */
    this.words = { t: (key) => key, formats: formatsFor('en') };
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
    this.changes.start();
    await this.retry();
  }

  /** Everything from the server anew: at the start, and after a failure. */
  async retry() {
    const settings = this.early ?? this.api.settings();
    this.early = null;
    this.set({ phase: this.state.phase === 'start' ? 'start' : 'loading', problem: null });
    try {
      const {
        roots,
        is_readonly: readOnly,
        delete_mode: deleteMode,
        app_fe_setting: stored,
      } = await settings;
      this.searching.takeOver(stored ?? {});
      writePref('home', roots.length === 1 ? roots[0].path : '');
      this.set({ roots, readOnly, deleteMode });
      this.importing.takeOver(stored ?? {});
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
    if (route.view === 'trash') {
      if (this.state.view !== 'trash' || this.state.phase !== 'ready') await this.trash.visit(route);
      return;
    }
    if (route.view === 'organise') {
      if (
        this.state.view !== 'organise' ||
        this.state.plan?.job !== route.job ||
        this.state.phase !== 'ready'
      )
        await this.organising.visit(route);
      return;
    }
    const { state } = this;
    const wanted = this.habits.of(route);
    const asked = { ...wanted, query: route.query, scope: route.scope, media: route.media };
    const moved =
      route.view !== state.view ||
      route.folder !== state.folder ||
      route.walk !== state.walk ||
      state.phase !== 'ready';
    const changed = /** @type {(keyof typeof asked)[]} */ (Object.keys(asked)).some(
      (name) => asked[name] !== state[name],
    );
    this.set({ ...wanted, text: typed ?? route.query });
    if (route.topic !== null) {
      if (moved || route.topic !== state.topic) await this.topics.visit(route, readPlace());
      else if (changed) this.topics.show(route, readPlace());
    } else if (route.view !== null && PAGES.includes(route.view)) {
      if (moved || state.topic !== null) this.visitPage(route);
    } else if (this.isTimelineAt(route)) {
      if (moved || changed) await this.library.visit(route, readPlace());
    } else if (moved) await this.visitFolder(route, readPlace());
    else if (changed) this.showFolder(route, readPlace());
    if (this.route === route && this.state.phase === 'ready') this.viewing.visit(route.open);
    this.tree.follow();
  }

  /**
   * A view that is no grid asks for what it shows by itself.
   * @param {Route} route
   */
  visitPage(route) {
    this.viewing.forget();
    this.clear();
    this.set({
      phase: 'ready',
      view: /** @type {import('../lib/types.mjs').View} */ (route.view),
      folder: null,
      walk: false,
      topic: null,
      query: '',
      scope: null,
      media: 'all',
      refused: '',
      fresh: 0,
      filter: '',
      selection: NOTHING,
      current: -1,
      info: null,
      infoFailed: false,
    });
  }

  /**
   * @param {Route} route
   * @param {Place} place
   */
  async visitFolder(route, place) {
    const { folder } = route;
    this.viewing.forget();
    this.set({
      view: 'folders',
      folder,
      walk: false,
      topic: null,
      query: '',
      scope: null,
      media: route.media,
      refused: '',
      fresh: 0,
      selection: NOTHING,
      current: -1,
      info: null,
      infoFailed: false,
    });
    const kept = folder === null ? null : this.listings.find(folder);
    // Without the shapes that are wanted it is as good as unknown: pictures that are seen would
    // change their places.
    if (folder === null || (kept && (this.state.shape === 'square' || kept.columns.ratios))) {
      this.showFolder(route, place);
      this.refreshing.ifStale();
      return;
    }
    this.clear();
    try {
      await this.listings.load(folder);
      if (this.route === route) this.showFolder(route, place);
    } catch (error) {
      if (this.route === route) this.fail(error, folder);
    }
  }

  /**
   * Shows a listing that is known, sorted as the address says.
   * @param {Route} route
   * @param {Place} place
   */
  showFolder({ folder, media }, { anchor = null, current = null }) {
    const { sort, order, roots } = this.state;
    const columns = folder === null ? rootColumns(roots) : this.listings.find(folder)?.columns;
    if (!columns) return;
    this.set({ media });
    const list = new FolderList(columns, { sort, order, media, roots: folder === null ? roots : null });
    const index = anchor ? list.indexOf(anchor.name) : -1;
    this.arrange(list, {
      anchor: anchor && index >= 0 ? { index, offset: anchor.offset } : null,
      current: current === null ? -1 : list.indexOf(current),
    });
  }

  /** Nothing is shown until an answer comes. */
  clear() {
    this.state.list?.rest();
    this.grid?.empty();
    this.set({ phase: 'loading', problem: null, list: null, totals: { folders: 0, files: 0, bytes: 0 } });
  }

  /**
   * @param {unknown} error
   * @param {string|null} folder
   */
  fail(error, folder) {
    if (!(error instanceof ApiError)) throw error;
    this.clear();
    this.set({ phase: 'problem', connecting: false, problem: problemOf(error, folder, this.state.roots) });
  }

  /**
   * Shows a list at a place in it.
   * @param {List} list
   * @param {{anchor: {index: number, offset: number}|null, current: number}} where
   */
  arrange(list, { anchor, current }) {
    if (!this.grid) return;
    const { folder, roots, list: before } = this.state;
    if (before && before !== list) before.rest();
    const sums = list instanceof FolderList ? list.totals : { folders: 0, files: list.count, bytes: 0 };
    this.set({
      phase: 'ready',
      problem: null,
      list,
      totals: { ...sums, files: list.count - list.folders },
      current,
    });
    if (!(list instanceof FolderList)) this.listenTo(list);
    this.grid.show(this.source(list), {
      label: folder === null ? '' : (rootOf(folder, roots)?.name ?? folder),
      current,
      anchor,
    });
    this.info.ask(0);
    if (this.state.viewing) this.viewing.renumber();
    this.viewing.prepare();
  }

  /** @param {import('../library/timeline.mjs').Timeline} list */
  listenTo(list) {
    list.onArrive = (first, count) => {
      if (this.state.list !== list) return;
      this.grid?.arrived(first, count);
      this.viewing.arrived(first, count);
      const { current } = this.state;
      if (current >= first && current < first + count) this.setCurrent(current);
    };
    list.onStale = () => {
      if (this.state.list === list) this.refreshing.now();
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
      days: list.days,
      shape: this.shapeOf(list),
      item: (i) => list.at(i),
      ratios: (first, count) => list.ratios(first, count),
      want: (first, last) => list.want(first, last),
      isSelected: (i) => has(this.state.selection, list.at(i).path),
    };
  }

  /**
   * Where the grid stands, or would stand, by keys.
   * @param {{anchor: {index: number, offset: number}|null, current: number}} [where]
   * @returns {Place}
   */
  place({ anchor, current } = { anchor: this.grid?.anchor() ?? null, current: this.state.current }) {
    const { list } = this.state;
    const spot = (/** @type {number} */ index) =>
      spotOf(index, list?.days ?? [], list?.starts ?? new Uint32Array(0));
    const has = (/** @type {number} */ index) => index >= 0 && index < this.count;
    return {
      anchor:
        anchor && has(anchor.index)
          ? { name: this.key(this.item(anchor.index)), offset: anchor.offset, spot: spot(anchor.index) }
          : null,
      current: has(current) ? this.key(this.item(current)) : null,
      currentSpot: has(current) ? spot(current) : null,
    };
  }

  keepPlace() {
    if (this.state.phase === 'ready' && !this.state.viewing) keepPlace(this.place());
  }

  get count() {
    return this.state.list?.count ?? 0;
  }

  /**
   * @param {number} index  as displayed
   * @returns {Item}
   */
  item(index) {
    return /** @type {List} */ (this.state.list).at(index);
  }

  /** What is shown is no grid of pictures. */
  get isPage() {
    return PAGES.includes(this.state.view) && this.state.topic === null;
  }

  /** The list of roots is shown. */
  get isAtRoots() {
    return this.state.view === 'folders' && this.state.folder === null;
  }

  /** What is shown comes from the index, not from a folder of the disk. */
  get isTimeline() {
    return this.state.view === 'library' || this.state.walk;
  }

  /** @param {Route} route */
  isTimelineAt(route) {
    return route.view === 'library' || route.walk;
  }

  /**
   * What tells an item from all others in this view. Addresses of folders stay short; in the
   * library a name is not enough.
   * @param {Item} item
   */
  key(item) {
    return this.isTimeline || this.state.topic !== null ? item.path : item.name;
  }

  /** @param {string|null} key */
  indexOf(key) {
    return key === null ? -1 : (this.state.list?.indexOf(key) ?? -1);
  }

  /**
   * Items from one place to another, both included, whichever comes first. Raises ApiError where
   * they have to be asked for.
   * @param {number} a
   * @param {number} b
   * @returns {Promise<Item[]>}
   */
  async itemsBetween(a, b) {
    const { list } = this.state;
    return list ? list.itemsOf(new Set(await list.paths(Math.min(a, b), Math.max(a, b)))) : [];
  }

  get currentItem() {
    const { list, current } = this.state;
    return list && current >= 0 && current < list.count ? list.at(current) : null;
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

  /** @param {import('../lib/keys.mjs').OwnKeys} ownKeys */
  setKeys(ownKeys) {
    writePref('keys', ownKeys);
    this.set({ ownKeys });
  }

  /** @param {import('../lib/arrangement.mjs').Shape} shape */
  setShape(shape) {
    writePref('shape', shape);
    this.listings.withSizes = shape === 'justified';
    this.set({ shape });
    const { list } = this.state;
    if (!list) return;
    if (this.shapeOf(list) === shape) this.grid?.setShape(shape);
    else if (list.hasShapes) this.refreshing.now();
  }

  /**
   * The shape of its tiles, as far as that can be had now.
   * @param {List} list
   */
  shapeOf(list) {
    return list.hasShapes && (!(list instanceof FolderList) || list.columns.ratios)
      ? this.state.shape
      : 'square';
  }
}
