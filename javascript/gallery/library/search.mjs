import { ApiError } from '../api/transport.mjs';
import { pushAddress, readPlace, replaceAddress } from '../browser/address.mjs';
import { readPref, writePref } from '../browser/prefs.mjs';
import { hintsOf, isOperator } from '../lib/hints.mjs';
import { moveTerm, removeTerm, terms } from '../lib/query.mjs';
import { HOME } from '../lib/router.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/query.mjs').Group} Group */
/** @typedef {import('../lib/types.mjs').Suggestion} Suggestion */
/**
 * A query that may find something: without one term or, where that is '', as it may have been meant.
 * @typedef {{query: string, term: string, count: number}} Relaxed
 */

/**
 * What is typed is searched when no key has come for as long as the last answer took: at once by a
 * quick server, without burdening a slow one.
 */
const DEBOUNCE_MS = { least: 40, most: 80 };
const OFFERED = 10;
const REMEMBERED = 6;
const EXPLAINED = 6;
/** Words are compared by a model: not at each key. */
const MEANING_MS = 400;
/** What the search language can do, where nothing is typed yet. */
const HINTS = [
  'model:',
  'lora:',
  'tag:',
  'date:today',
  'type:video',
  'ratio:portrait',
  'has:workflow',
  'denoise:>0.5',
];

/** @type {(value: unknown) => value is string[]} */
const areTexts = (value) => Array.isArray(value) && value.every((one) => typeof one === 'string');

/** @type {(value: unknown) => value is 'prompt'|'content'} */
const isByOfWords = (value) => value === 'prompt' || value === 'content';

/**
 * What is searched, and what helps to: suggestions, earlier and saved searches, and terms that are moved
 * instead of typed.
 */
export class Search {
  /** @param {Pick<Parts, 'api'|'display'|'library'|'saved'|'store'|'viewPrefs'|'visit'>} parts */
  constructor({ api, display, library, saved, store, viewPrefs, visit }) {
    this.api = api;
    this.display = display;
    this.library = library;
    this.saved = saved;
    this.store = store;
    this.viewPrefs = viewPrefs;
    this.visit = visit;
    /** @type {HTMLInputElement|null} */
    this.field = null;
    this.timer = 0;
    this.recent = readPref('searches', /** @type {string[]} */ ([]), areTexts);
    this.asking = new AbortController();
  }

  /** @param {string} text */
  type(text) {
    this.store.set({ text });
    clearTimeout(this.timer);
    const { byMeaning } = this.store.state;
    const wait = byMeaning
      ? MEANING_MS
      : Math.min(DEBOUNCE_MS.most, Math.max(DEBOUNCE_MS.least, this.library.tookMs));
    this.timer = setTimeout(() => this.run(text), wait);
  }

  /**
   * @param {string} text
   * @param {string|null} [scope]  a folder in which a search begins; null: everywhere
   */
  run(text, scope = null) {
    clearTimeout(this.timer);
    const query = text.trim();
    const { route } = this.display;
    // Statistics of a search stay statistics while it changes.
    const isCounted = route.view === 'stats' && route.query !== '';
    const view = isCounted ? 'stats' : this.viewOf(query);
    const by = view === 'similar' ? this.byOfWords() : 'prompt';
    const inSearch =
      isCounted || route.view === 'library' || (route.view === 'similar' && route.like === null);
    this.store.set({ text });
    if (route.view === view && inSearch && route.query === query) return;
    if (!query && readPlace().fromBrowsing) {
      history.back();
      return;
    }
    // A search is one step of the history, however often its text changes.
    if (inSearch && (route.query || !query)) {
      const { fromBrowsing, fromFolder } = readPlace();
      replaceAddress({ ...route, view, query, by, open: null }, { fromBrowsing, fromFolder });
    } else this.begin(query, scope);
    this.visit(text);
  }

  /**
   * Searches for something as a step of its own: the way back leads to what was looked at before.
   * @param {string} query
   */
  go(query) {
    clearTimeout(this.timer);
    this.store.set({ text: query, byMeaning: false });
    this.begin(query, null);
    this.visit(query);
  }

  /**
   * The view that finds what is typed.
   * @param {string} query
   * @returns {'library'|'similar'}
   */
  viewOf(query) {
    return this.store.state.byMeaning && query ? 'similar' : 'library';
  }

  /** In what way words are compared: as on the page that is shown, or as the last time. */
  byOfWords() {
    const { by, view } = this.display.route;
    return view === 'similar' ? by : readPref('meaningBy', 'prompt', isByOfWords);
  }

  /** Searches by meaning instead of by words, or by words again. */
  toggleMeaning() {
    const { byMeaning, text } = this.store.state;
    this.store.set({ byMeaning: !byMeaning });
    if (text.trim()) this.run(text);
    this.field?.focus();
  }

  /**
   * @param {string} query
   * @param {string|null} scope
   */
  begin(query, scope) {
    const { route } = this.display;
    const inLibrary = route.view === 'library';
    const view = this.viewOf(query);
    const by = view === 'similar' ? this.byOfWords() : 'prompt';
    const next = inLibrary
      ? { ...route, view, query, by, open: null }
      : { ...HOME, view, query, by, scope, media: route.media };
    const fromFolder = inLibrary ? readPlace().fromFolder : route.folder;
    this.display.keepPlace();
    pushAddress(next, { fromBrowsing: query !== '', fromFolder });
  }

  /** @param {string|null} scope  folder in which is searched; null: everywhere */
  within(scope) {
    const route = { ...this.display.route, view: /** @type {const} */ ('library'), folder: null };
    replaceAddress({ ...route, walk: false, scope, open: null }, { ...readPlace(), anchor: null });
    this.visit(this.store.state.text);
  }

  /**
   * What can be typed next.
   * @param {string} text
   * @param {number} caret
   * @returns {Promise<Suggestion[]|null>}  null: something newer is asked
   */
  async suggest(text, caret) {
    this.asking.abort();
    if (!text.trim()) return this.suggestEarlier();
    this.asking = new AbortController();
    const { signal } = this.asking;
    const end = caret + text.slice(caret).search(/[\s,，、]|$/);
    const rest = text.slice(end).trimStart();
    try {
      const found = await this.api.suggest(text.slice(0, end), OFFERED, signal);
      return found.map(({ kind, name, count, text: head }) => ({
        kind,
        name,
        count,
        text: head + rest,
        caret: head.length,
      }));
    } catch (error) {
      if (signal.aborted) return null;
      if (error instanceof ApiError) return []; // they are a help, and no reason to complain
      throw error;
    }
  }

  /** @returns {Suggestion[]} */
  suggestEarlier() {
    const everywhere = this.store.state.saved.filter(({ folder }) => folder === null);
    const saved = everywhere.map(({ query }) => query);
    const whole = (/** @type {string} */ kind) => (/** @type {string} */ name) => ({
      kind,
      name,
      count: 0,
      text: name,
      caret: name.length,
    });
    const recent = this.recent.filter((text) => !saved.includes(text));
    return [
      ...saved.map(whole('saved')),
      ...recent.map(whole('recent')),
      ...HINTS.map(whole('hint')),
    ];
  }

  /**
   * What the query may have meant, and what leaving out one term would find, most first; only where
   * that is anything.
   * @param {object|null} list  the one that has no results
   * @returns {Promise<Relaxed[]>}
   */
  async explain(list) {
    const { query } = this.store.state;
    const meant = new Set(hintsOf(list).flatMap((hint) => hint.query || []));
    const all = terms(query).filter(({ text }) => !isOperator(list, text));
    const count = async (/** @type {string} */ other, /** @type {string} */ term) => {
      const question = { ...this.viewPrefs.questionOf(this.display.route), stack: '' };
      const { total } = await this.api.timeline({ ...question, query: other }).catch(noAnswer);
      return { query: other, term, count: total };
    };
    const without = all.length < 2 ? [] : all.slice(0, EXPLAINED);
    const [instead, relaxed] = await Promise.all([
      Promise.all([...meant].map((other) => count(other, ''))),
      Promise.all(
        without.map(({ start, text, negated }) =>
          count(removeTerm(query, start), negated ? `-${text}` : text),
        ),
      ),
    ]);
    return [...instead, ...relaxed.sort((a, b) => b.count - a.count)].filter(
      (way) => way.count > 0,
    );
  }

  /** The user has found what this search is good for. */
  remember() {
    const query = this.store.state.text.trim();
    if (!query) return;
    this.recent = [query, ...this.recent.filter((text) => text !== query)].slice(0, REMEMBERED);
    writePref('searches', this.recent);
  }

  /** The search that is shown, as it can be saved. */
  get place() {
    const { query, scope } = this.store.state;
    return { query, folder: scope };
  }

  get isSaved() {
    return this.saved.find(this.place) !== null;
  }

  /** Saves this search under a name, or removes it from the saved ones. */
  async toggleSaved() {
    const { folder, query } = this.place;
    const kept = this.saved.find(this.place);
    if (kept) await this.saved.remove(kept);
    else this.saved.askToSave(query, folder);
  }

  /**
   * @param {number} start  which term, by its place in the query
   * @param {Group} to
   */
  move(start, to) {
    this.run(moveTerm(this.store.state.query, start, to));
  }

  /** @param {number} start */
  remove(start) {
    this.run(removeTerm(this.store.state.query, start));
  }
}

/**
 * @param {unknown} error
 * @returns {{total: number}}
 */
function noAnswer(error) {
  if (error instanceof ApiError) return { total: 0 };
  throw error;
}
