import { ApiError } from '../api.mjs';
import { HOME } from '../lib/router.mjs';
import { NOTHING } from '../lib/selection.mjs';
import { nearestDay } from '../lib/timeline.mjs';
import { pushAddress, readPlace, replaceAddress } from '../browser/address.mjs';

/** @typedef {import('../api.mjs').Question} Question */
/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('../browser/address.mjs').Place} Place */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */
/** @typedef {import('./timeline.mjs').Timeline} Timeline */

/**
 * What is typed is searched when no key has come for as long as the last answer took: at once by a
 * quick server, without burdening a slow one.
 */
const DEBOUNCE_MS = { least: 40, most: 80 };
/** A search that has not looked everywhere is asked for the rest so soon. */
const GOING_ON_MS = 150;

/** All pictures, those of a folder and below, or those that a search finds. */
export class Library {
  /**
   * @param {Gallery} gallery
   * @param {import('./timeline.mjs').Timelines} timelines
   */
  constructor(gallery, timelines) {
    this.gallery = gallery;
    this.timelines = timelines;
    this.timer = 0;
    /** Milliseconds of the last answer. */
    this.took = DEBOUNCE_MS.least;
    this.growing = 0;
  }

  /**
   * What is asked of the server at an address.
   * @param {Route} route
   * @returns {Question}
   */
  questionOf(route) {
    return this.gallery.habits.questionOf(route);
  }

  /** The timeline that is shown; null where something else is. */
  get timeline() {
    const { list } = this.gallery.state;
    return list && list === this.timelines.find(this.questionOf(this.gallery.route))
      ? /** @type {Timeline} */ (list)
      : null;
  }

  /** True where the page can open on the library: the server has the route, and the index knows pictures. */
  async hasPictures() {
    try {
      const question = this.questionOf({ ...HOME, view: 'library' });
      const timeline = this.timelines.find(question) ?? (await this.timelines.load(question));
      return timeline.count > 0;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404) this.gallery.set({ hasLibrary: false });
      return false;
    }
  }

  /**
   * @param {Route} route
   * @param {Place} place
   */
  async visit(route, place) {
    const { gallery } = this;
    const question = this.questionOf(route);
    const kept = this.timelines.find(question);
    const stays = gallery.isTimeline && gallery.state.phase === 'ready';
    gallery.viewing.forget();
    clearTimeout(this.growing);
    gallery.changes.next = null;
    gallery.set({
      view: route.view ?? 'library',
      folder: route.folder,
      walk: route.walk,
      topic: null,
      query: route.query,
      scope: route.scope,
      media: route.media,
      selection: NOTHING,
      current: -1,
      info: null,
      infoFailed: false,
      refused: '',
      fresh: 0,
    });
    // While a search is typed the pictures of the last one stay: an empty page between them would flash.
    if (!kept && !stays) gallery.clear();
    // Those of the last search would be waited for: a browser has six connections.
    if (!kept) gallery.grid?.yield();
    try {
      const asked = performance.now();
      const timeline = kept ?? (await this.timelines.load(question));
      if (!kept) this.took = performance.now() - asked;
      const where = await timeline.locate(place);
      if (gallery.route !== route) return;
      gallery.arrange(timeline, where);
      if (kept) gallery.refreshing.ifStale();
      this.goOn(timeline);
    } catch (error) {
      if (gallery.route === route) this.fail(error);
    }
  }

  /** @param {unknown} error */
  fail(error) {
    const { gallery } = this;
    if (error instanceof ApiError && error.status === 400) {
      gallery.set({ phase: 'ready', problem: null, refused: error.message });
      gallery.grid?.draw(true);
    } else gallery.fail(error, gallery.state.scope ?? gallery.state.folder);
  }

  /**
   * A search for words in a large library tells what it has found so far, and is asked again until
   * it has looked everywhere.
   * @param {Timeline} timeline
   */
  goOn(timeline) {
    clearTimeout(this.growing);
    if (timeline.isComplete) return;
    this.growing = window.setTimeout(async () => {
      const { gallery } = this;
      try {
        const next = await this.timelines.goOn(timeline);
        if (gallery.state.list !== timeline) return;
        await this.adopt(next);
        this.goOn(next);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
      }
    }, GOING_ON_MS);
  }

  /**
   * Shows a newer timeline of the same question; what is seen stays where it is.
   * @param {Timeline} next
   * @param {Place} [place]
   */
  async adopt(next, place = this.gallery.place()) {
    const { gallery } = this;
    const { route } = gallery;
    const where = await next.locate(place);
    if (gallery.route !== route) return;
    this.timelines.keep(next);
    gallery.set({ fresh: 0 });
    gallery.arrange(next, where);
  }

  /** Looks again, at once; what is new comes above, and what is seen stays where it is. */
  async refresh() {
    const { gallery } = this;
    const { route } = gallery;
    const next = await this.timelines.ask(this.questionOf(route));
    if (gallery.route !== route) return;
    // The viewer counts in places of the list it was opened on.
    if (gallery.state.viewing) this.gallery.changes.isBehind = true;
    else await this.adopt(next);
    this.goOn(next);
  }

  /** Asks for a date to go to, where there are any. */
  askForDate() {
    const days = this.gallery.state.list?.days;
    if (days?.length)
      this.gallery.set({ dialog: { kind: 'date', first: days[0].start, last: days[days.length - 1].start } });
  }

  /** @param {number} date  seconds; the nearest day that has pictures is shown */
  goToDate(date) {
    const {
      grid,
      state: { list },
    } = this.gallery;
    const number = list?.days ? nearestDay(list.days, date) : -1;
    if (!list || !grid || number < 0) return;
    grid.goTo(list.starts[number]);
    grid.host.focus({ preventScroll: true });
  }

  /** @param {string} text */
  type(text) {
    this.gallery.set({ text });
    clearTimeout(this.timer);
    this.timer = window.setTimeout(
      () => this.search(text),
      Math.min(DEBOUNCE_MS.most, Math.max(DEBOUNCE_MS.least, this.took)),
    );
  }

  /** @param {string} text */
  search(text) {
    clearTimeout(this.timer);
    const { gallery } = this;
    const query = text.trim();
    const { route } = gallery;
    gallery.set({ text });
    if (route.view === 'library' && route.query === query) return;
    if (!query && readPlace().fromBrowsing) {
      history.back();
      return;
    }
    const inLibrary = route.view === 'library';
    const next = inLibrary
      ? { ...route, query, open: null }
      : { ...HOME, view: /** @type {const} */ ('library'), query, media: route.media };
    // A search is one step of the history, however often its text changes.
    if (inLibrary && (route.query || !query))
      replaceAddress(next, { fromBrowsing: readPlace().fromBrowsing, fromFolder: readPlace().fromFolder });
    else {
      gallery.keepPlace();
      pushAddress(next, {
        fromBrowsing: query !== '',
        fromFolder: inLibrary ? readPlace().fromFolder : route.folder,
      });
    }
    gallery.visitAddress(text);
  }

  /** @param {string|null} scope  folder in which is searched; null: everywhere */
  within(scope) {
    const { gallery } = this;
    replaceAddress(
      { ...gallery.route, view: 'library', folder: null, walk: false, scope, open: null },
      { ...readPlace(), anchor: null },
    );
    gallery.visitAddress(gallery.state.text);
  }
}
