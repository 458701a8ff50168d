import { ApiError } from '../api.mjs';
import { HOME } from '../lib/router.mjs';
import { NOTHING } from '../lib/selection.mjs';
import { pushAddress, readPlace, replaceAddress } from './address.mjs';
import { FIRST_PAGE, Results } from './results.mjs';

/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('./address.mjs').Place} Place */
/** @typedef {import('./gallery.mjs').Gallery} Gallery */
/** @typedef {import('./results.mjs').Found} Found */

const DEBOUNCE_MS = 150;
/** The next page is asked for when the viewer comes this close to the last file. */
const AHEAD = 60;

/** All pictures, or those that a search finds. */
export class Library {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
    this.results = new Results(gallery.api);
    this.timer = 0;
    this.asking = false;
    this.counting = new AbortController();
  }

  get question() {
    const { query, sort, order } = this.gallery.state;
    return { query, sort, order };
  }

  /** What is shown; null elsewhere than in the library. */
  get found() {
    return this.gallery.state.view === 'library' ? this.results.find(this.question) : null;
  }

  /** @param {Route} route */
  prefetch(route) {
    return this.results.load({ query: route.query, ...this.gallery.sorting.of({ ...route, view: 'library' }) }, this.sizeFor(readPlace()));
  }

  /**
   * How many files to ask for at first: as many as there were when the user was here last.
   * @param {Place} place
   */
  sizeFor(place) {
    return Math.max(FIRST_PAGE, place.loaded ?? 0);
  }

  /** True where the page can open on the library: the server has the route, and the index knows pictures. */
  async hasPictures() {
    try {
      const question = { query: '', ...this.gallery.sorting.of({ ...HOME, view: 'library' }) };
      const found = this.results.find(question) ?? await this.results.load(question);
      return found.columns.count > 0;
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
    const stays = gallery.state.view === 'library' && gallery.state.phase === 'ready';
    gallery.viewing.forget();
    this.counting.abort();
    gallery.set({ view: 'library', folder: null, query: route.query, selection: NOTHING, current: -1, info: null, infoFailed: false, refused: '' });
    const kept = this.results.find(this.question);
    if (kept) {
      this.show(kept, place);
      gallery.refreshing.ifStale();
      return;
    }
    // While a search is typed the pictures of the last one stay: an empty page between them would flash.
    if (!stays) gallery.clear();
    try {
      const found = await this.results.load(this.question, this.sizeFor(place));
      if (gallery.route === route) this.show(found, place);
    } catch (error) {
      if (gallery.route === route) this.fail(error);
    }
  }

  /** @param {unknown} error */
  fail(error) {
    const { gallery } = this;
    if (error instanceof ApiError && error.status === 400) gallery.set({ phase: 'ready', problem: null, refused: error.message });
    else gallery.fail(error, null);
  }

  /**
   * @param {Found} found
   * @param {Place} place
   */
  show(found, place) {
    this.gallery.arrange(found.columns, place);
    if (!found.isExact) this.count();
  }

  async count() {
    this.counting.abort();
    this.counting = new AbortController();
    const { signal } = this.counting;
    try {
      await this.results.count(this.question, signal);
      this.gallery.set({});
    } catch (error) {
      if (!(error instanceof ApiError) && !signal.aborted) throw error;
    }
  }

  /** Asks for the page behind what is shown. */
  async more() {
    const { gallery, found, question } = this;
    if (!found?.next || this.asking || gallery.state.columns !== found.columns) return;
    this.asking = true;
    try {
      const grown = await this.results.more(question, found);
      if (gallery.state.columns === found.columns) gallery.grow(grown.columns);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // asked for again by the next scroll
    } finally {
      this.asking = false;
    }
  }

  /** @param {number} index  the file that the viewer shows */
  near(index) {
    if (index > this.gallery.count - AHEAD) this.more();
  }

  /** Looks again; what is new comes above, and what is seen stays where it is. */
  async refresh() {
    const { question } = this;
    await this.results.refresh(question);
    if (this.found && this.found === this.results.find(question)) this.gallery.refreshing.show();
  }

  /** @param {string} text */
  type(text) {
    this.gallery.set({ text });
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.search(text), DEBOUNCE_MS);
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
    const next = { ...HOME, view: /** @type {const} */ ('library'), query, sort: inLibrary ? route.sort : null, order: inLibrary ? route.order : null };
    // A search is one step of the history, however often its text changes.
    if (inLibrary && (route.query || !query)) replaceAddress(next, { fromBrowsing: readPlace().fromBrowsing });
    else {
      gallery.keepPlace();
      pushAddress(next, { fromBrowsing: query !== '' });
    }
    gallery.visitAddress(text);
  }
}
