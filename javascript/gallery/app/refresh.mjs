import { sameColumns } from '../lib/columns.mjs';
import { keepOnly } from '../lib/selection.mjs';
import { FolderList } from '../folders/folder-list.mjs';

/** @typedef {import('./gallery.mjs').Gallery} Gallery */

/** A listing older than this is asked for again when the user comes back to it. */
const STALE_MS = 3000;

/** Keeps the listing up to date without moving what the user is looking at. */
export class Refreshing {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
  }

  start() {
    document.addEventListener(
      'visibilitychange',
      () => document.visibilityState === 'visible' && this.ifStale(),
    );
    window.addEventListener('focus', () => this.ifStale());
    // The host's tab is shown again: no event of this window's own tells.
    new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && this.ifStale(),
    ).observe(document.documentElement);
  }

  async ifStale() {
    const { gallery } = this;
    const { folder, phase, problem } = gallery.state;
    if (problem?.kind === 'offline') await gallery.retry();
    else if (phase !== 'ready' || gallery.state.view === 'trash') return;
    else if (gallery.isTimeline) await gallery.changes.look();
    else if (folder !== null && isOld(gallery.listings.find(folder))) await this.now();
  }

  /** The user wants to see what is new: the index has to look on the disk first. */
  async ask() {
    await this.now();
    await this.gallery.indexing.update();
  }

  /** Looks again what is in the folder or the library. */
  async now() {
    const { gallery } = this;
    const { folder, phase } = gallery.state;
    if (gallery.state.view === 'trash' && phase === 'ready') {
      await gallery.trash.load();
      return;
    }
    if (gallery.isAtRoots || phase === 'problem') {
      await gallery.retry();
      return;
    }
    if (gallery.state.view === 'organise' && gallery.state.plan) {
      await gallery.organising.look(gallery.state.plan.job);
      return;
    }
    if (gallery.isPage) {
      gallery.set({ turn: gallery.state.turn + 1 });
      return;
    }
    if (gallery.state.topic !== null) {
      gallery.topics.shown = null;
      await gallery.topics.visit(gallery.route, gallery.place());
      return;
    }
    const { route, isTimeline } = gallery;
    gallery.set({ refreshing: true });
    try {
      if (isTimeline) await gallery.library.refresh();
      else if (folder !== null) await gallery.listings.load(folder);
      if (gallery.route === route && !isTimeline) this.show();
    } catch (error) {
      if (gallery.route !== route) return;
      if (isTimeline) gallery.library.fail(error);
      else gallery.fail(error, folder);
    } finally {
      gallery.set({ refreshing: false });
    }
  }

  /** Shows the newest listing of the folder. */
  show() {
    const { gallery } = this;
    const { list, selection, folder } = gallery.state;
    if (gallery.isTimeline) {
      gallery.changes.catchUp();
      return;
    }
    const columns = folder === null ? null : gallery.listings.find(folder)?.columns;
    if (!(list instanceof FolderList) || !columns) return;
    if (sameColumns(list.columns, columns)) {
      const hadShapes = list.columns.ratios !== null;
      // Shapes that are known only now come with the next layout: what is seen does not change its
      // place by itself.
      list.columns.ratios = columns.ratios ?? list.columns.ratios;
      if (!hadShapes && list.columns.ratios) gallery.grid?.setShape(gallery.shapeOf(list));
      return;
    }
    const there = new Set(columns.paths);
    const place = gallery.changing.placeIn((path) => there.has(path));
    gallery.set({ selection: keepOnly(selection, columns.paths) });
    gallery.showFolder(gallery.route, place);
  }
}

/** @param {{time: number}|null} kept */
function isOld(kept) {
  return kept !== null && performance.now() - kept.time > STALE_MS;
}
