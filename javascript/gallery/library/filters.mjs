import { ApiError } from '../api/transport.mjs';
import { writePref } from '../browser/prefs.mjs';
import { choose, clear, limitDays, toggle } from '../lib/facets.mjs';
import { rootOf } from '../lib/paths.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/facets.mjs').FacetName} FacetName */

/** As many values of each facet are asked for; the field of a long list looks among them. */
export const LISTED = 200;
/** What is typed is counted when no key has come for this time. */
const DEBOUNCE_MS = 150;
/**
 * Estimates are asked for again after these times. While the index changes all the time they may stay
 * estimates.
 */
const AGAIN_MS = [300, 700, 1500, 3000, 3000, 3000, 3000, 3000];

/** The values that the search can be narrowed down to, with their counts. */
export class Filters {
  /** @param {Pick<Parts, 'api'|'display'|'search'|'store'|'viewPrefs'>} parts */
  constructor({ api, display, search, store, viewPrefs }) {
    this.api = api;
    this.display = display;
    this.search = search;
    this.store = store;
    this.viewPrefs = viewPrefs;
    this.timer = 0;
    this.asking = new AbortController();
    this.asked = '';
    /** The user has opened the panel, and it has not been open from the start. */
    this.isWanted = false;
  }

  /** A search of the library is narrowed down, and what is in a folder that is indexed and below it. */
  get isOffered() {
    const { hasLibrary, phase, view } = this.store.state;
    const isCounted = view === 'library' || this.folder !== null;
    return hasLibrary && isCounted && phase !== 'start';
  }

  /** The folder that is shown, where the index knows it; null elsewhere. */
  get folder() {
    const { folder, roots, view } = this.store.state;
    if (view !== 'folders' || folder === null) return null;
    return rootOf(folder, roots)?.type === 'walk' ? null : folder;
  }

  get isOpen() {
    return this.isOffered && this.store.state.filtering;
  }

  toggle() {
    const filtering = !this.store.state.filtering;
    this.isWanted = filtering;
    writePref('filtering', filtering);
    this.store.set({ filtering });
  }

  /**
   * Counts what the search finds now, unless that is what was counted last.
   * @param {number|string|null} change  of the index
   */
  follow(change) {
    const question = this.question();
    const asked = JSON.stringify([question, change]);
    if (asked === this.asked) return;
    const isFirst = this.asked === '';
    this.leave();
    this.asked = asked;
    this.timer = setTimeout(() => this.ask(question, 0), isFirst ? 0 : DEBOUNCE_MS);
  }

  /** The panel is closed. */
  leave() {
    clearTimeout(this.timer);
    this.asking.abort();
    this.asking = new AbortController();
    this.asked = '';
  }

  /** @returns {import('../api/search.mjs').FacetsQuestion} */
  question() {
    const { folder } = this;
    const question = this.viewPrefs.questionOf(this.display.route);
    const { query, media_type, tz } = question;
    const folder_paths = folder === null ? question.folder_paths : [folder];
    return { query, folder_paths, media_type, tz, limit: LISTED };
  }

  /**
   * Searches by what was chosen: from a folder in it and below.
   * @param {string} query
   */
  run(query) {
    this.search.run(query, this.folder);
  }

  /**
   * @param {import('../api/search.mjs').FacetsQuestion} question
   * @param {number} turn  how often it has been asked
   */
  async ask(question, turn) {
    const { signal } = this.asking;
    try {
      const facets = await this.api.facets(question, signal);
      if (signal.aborted) return;
      this.store.set({ facets, facetsFailed: false });
      if (facets.exact || turn >= AGAIN_MS.length) return;
      this.timer = setTimeout(() => this.ask(question, turn + 1), AGAIN_MS[turn]);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      // The search field says what is wrong with a query; its last counts stay.
      if (error.status !== 400) this.store.set({ facetsFailed: true });
    }
  }

  /** Asks again after a failure. */
  retry() {
    this.store.set({ facetsFailed: false });
    this.ask(this.question(), 0);
  }

  /**
   * @param {FacetName} facet
   * @param {string} term
   */
  choose(facet, term) {
    this.run(toggle(this.store.state.query, facet, term));
  }

  /** @param {number} stars  the least number of them; 0: any */
  rate(stars) {
    this.run(choose(this.store.state.query, 'rating', stars ? `rating:>=${stars}` : ''));
  }

  /**
   * @param {string} from  a day; '' is an open end
   * @param {string} to
   */
  limitDays(from, to) {
    this.run(limitDays(this.store.state.query, from, to));
  }

  clear() {
    this.run(clear(this.store.state.query));
  }
}
