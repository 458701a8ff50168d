import { sameColumns, without } from '../lib/columns.mjs';
import { keepOnly } from '../lib/selection.mjs';
import { FolderList } from './folder-list.mjs';
import { rootColumns } from './roots.mjs';
import { summaryOf } from './summary.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../app/view.mjs').View} View */
/** @typedef {import('../app/view.mjs').Words} Words */
/** @typedef {import('../browser/address.mjs').Place} Place */
/** @typedef {import('../lib/types.mjs').Route} Route */

/** A listing older than this is asked for again when the user comes back to it. */
const STALE_MS = 3000;

/**
 * What is in a folder, or the list of roots.
 * @implements {View}
 */
export class Folders {
  /** @param {Pick<Parts, 'display'|'listings'|'navigation'|'retry'|'store'>} parts */
  constructor({ display, listings, navigation, retry, store }) {
    this.display = display;
    this.listings = listings;
    this.navigation = navigation;
    this.retry = retry;
    this.store = store;
    this.isGrid = true;
  }

  /** What is shown; null while it is loaded. */
  get list() {
    const { list } = this.store.state;
    return list instanceof FolderList ? list : null;
  }

  get hasFiles() {
    return this.store.state.folder !== null;
  }

  /**
   * @param {Route} route
   * @param {Place} place
   * @param {import('../app/view.mjs').Step} step
   */
  async visit(route, place, step) {
    if (step === 'changed') this.show(route, place);
    else await this.open(route, place);
  }

  leave() {}

  /**
   * @param {Route} route
   * @param {Place} place
   */
  async open(route, place) {
    const { folder } = route;
    this.display.reset(route);
    const kept = folder === null ? null : this.listings.find(folder);
    // Without the shapes that are wanted it is as good as unknown: pictures that are seen would
    // change their places.
    const isKnown = kept && (this.store.state.shape === 'square' || kept.columns.ratios);
    if (folder === null || isKnown) {
      this.show(route, place);
      if (this.store.state.phase === 'ready') this.refreshIfStale();
      return;
    }
    this.display.clear();
    try {
      await this.listings.load(folder);
      if (this.display.route === route) this.show(route, place);
    } catch (error) {
      if (this.display.route === route) this.display.fail(error, folder);
    }
  }

  /**
   * Shows a listing that is known, sorted as the address says.
   * @param {Route} route
   * @param {Place} place
   */
  show({ folder, media }, place) {
    const { sort, order, roots } = this.store.state;
    const columns = folder === null ? rootColumns(roots) : this.listings.find(folder)?.columns;
    if (!columns) return;
    this.store.set({ media });
    const look = { sort, order, media, roots: folder === null ? roots : null };
    this.display.arrangeAt(new FolderList(columns, look), place);
  }

  async refresh() {
    const { folder } = this.store.state;
    if (folder === null) {
      await this.retry();
      return;
    }
    const { route } = this.display;
    this.store.set({ refreshing: true });
    try {
      await this.listings.load(folder);
      if (this.display.route === route) await this.catchUp();
    } catch (error) {
      if (this.display.route === route) this.display.fail(error, folder);
    } finally {
      this.store.set({ refreshing: false });
    }
  }

  async refreshIfStale() {
    const { folder } = this.store.state;
    const kept = folder === null ? null : this.listings.find(folder);
    if (kept && performance.now() - kept.time > STALE_MS) await this.refresh();
  }

  /** Shows the newest listing of the folder. */
  async catchUp() {
    const { list } = this;
    const { folder, selection } = this.store.state;
    const columns = folder === null ? null : this.listings.find(folder)?.columns;
    if (!list || !columns) return;
    if (sameColumns(list.columns, columns)) {
      this.takeShapes(list, columns);
      return;
    }
    const there = new Set(columns.paths);
    const place = this.display.placeIn((path) => there.has(path));
    this.store.set({ selection: keepOnly(selection, columns.paths) });
    this.show(this.display.route, place);
  }

  /**
   * Shapes that are known only now come with the next layout: what is seen does not change its place
   * by itself.
   * @param {FolderList} list
   * @param {import('../lib/columns.mjs').Columns} columns
   */
  takeShapes(list, columns) {
    const hadShapes = list.columns.ratios !== null;
    list.columns.ratios = columns.ratios ?? list.columns.ratios;
    if (!hadShapes && list.columns.ratios) this.display.grid?.setShape(this.display.shapeOf(list));
  }

  /** @param {import('../app/view.mjs').Change} change */
  async changed({ current }) {
    const { folder, phase } = this.store.state;
    if (phase !== 'ready' || folder === null) return false;
    await this.listings.load(folder);
    if (this.display.view === this && this.display.route.folder === folder) await this.catchUp();
    const index = current === null ? -1 : (this.display.list?.indexOfPath(current) ?? -1);
    if (index >= 0) this.display.grid?.setCurrent(index);
    return true;
  }

  /** @param {ReadonlySet<string>} gone */
  drop(gone) {
    const { list } = this;
    const { folder } = this.store.state;
    if (!list) return false;
    if (folder !== null && list.columns.paths.some((path) => gone.has(path))) {
      this.listings.keep(folder, without(list.columns, gone));
      this.show(
        this.display.route,
        this.display.placeIn((path) => !gone.has(path)),
      );
    }
    return true;
  }

  /**
   * @param {Words} words
   * @returns {import('../app/view.mjs').Way}
   */
  way(words) {
    return this.navigation.folderWay(words);
  }

  /** @param {Words} words */
  summary(words) {
    return this.hasFiles ? summaryOf(this.store.state.totals, words) : [];
  }
}
