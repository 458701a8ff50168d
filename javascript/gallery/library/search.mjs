import { ApiError } from '../api.mjs';
import { moveTerm, removeTerm, terms } from '../lib/query.mjs';
import { readPref, writePref } from '../browser/prefs.mjs';

/** @typedef {import('../lib/query.mjs').Group} Group */
/** @typedef {import('../lib/types.mjs').Suggestion} Suggestion */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

const OFFERED = 10;
const REMEMBERED = 6;
const EXPLAINED = 6;
/** The name under which the server keeps them, so that every browser of the user has the same. */
const SAVED = 'saved_searches';
/** What the search language can do, where nothing is typed yet. */
const HINTS = ['model:', 'lora:', 'tag:', 'date:today', 'type:video', 'ratio:portrait'];

/** @type {(value: unknown) => value is string[]} */
const areTexts = (value) => Array.isArray(value) && value.every((one) => typeof one === 'string');

/**
 * What helps to search: suggestions, what was searched before, what is kept, and terms that are
 * moved instead of typed.
 */
export class Searching {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
    this.recent = readPref('searches', /** @type {string[]} */ ([]), areTexts);
    this.asking = new AbortController();
  }

  /**
   * What can be typed next.
   * @param {string} text
   * @param {number} caret
   * @returns {Promise<Suggestion[]|null>}  null: something newer is asked
   */
  async suggest(text, caret) {
    this.asking.abort();
    if (!text.trim()) return this.offerBefore();
    this.asking = new AbortController();
    const { signal } = this.asking;
    const end = caret + text.slice(caret).search(/\s|$/);
    try {
      const found = await this.gallery.api.suggest(text.slice(0, end), OFFERED, signal);
      return found.map(({ kind, name, count, text: head }) => ({
        kind,
        name,
        count,
        text: head + text.slice(end).trimStart(),
        caret: head.length,
      }));
    } catch (error) {
      if (signal.aborted) return null;
      if (error instanceof ApiError) return []; // they are a help, and no reason to complain
      throw error;
    }
  }

  /** @returns {Suggestion[]} */
  offerBefore() {
    const { saved } = this.gallery.state;
    const whole = (/** @type {string} */ kind) => (/** @type {string} */ name) => ({
      kind,
      name,
      count: 0,
      text: name,
      caret: name.length,
    });
    const recent = this.recent.filter((text) => !saved.includes(text));
    return [...saved.map(whole('saved')), ...recent.map(whole('recent')), ...HINTS.map(whole('hint'))];
  }

  /**
   * What leaving out one term would find, most first; only where that is anything.
   * @returns {Promise<{query: string, term: string, count: number}[]>}
   */
  async explain() {
    const { gallery } = this;
    const { query } = gallery.state;
    const all = terms(query);
    if (all.length < 2) return [];
    const question = gallery.library.questionOf(gallery.route);
    const ways = await Promise.all(
      all.slice(0, EXPLAINED).map(async ({ start, text, negated }) => {
        const rest = removeTerm(query, start);
        const { total } = await gallery.api.timeline({ ...question, query: rest }).catch(noAnswer);
        return { query: rest, term: negated ? `-${text}` : text, count: total };
      }),
    );
    return ways.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  }

  /** The user has found what this search is good for. */
  remember() {
    const query = this.gallery.state.text.trim();
    if (!query) return;
    this.recent = [query, ...this.recent.filter((text) => text !== query)].slice(0, REMEMBERED);
    writePref('searches', this.recent);
  }

  get isSaved() {
    const { saved, query } = this.gallery.state;
    return saved.includes(query);
  }

  /** @param {Record<string, unknown>} settings  as the server keeps them */
  takeOver(settings) {
    const kept = settings[SAVED];
    this.gallery.set({
      saved: areTexts(kept) ? kept : readPref('saved', /** @type {string[]} */ ([]), areTexts),
    });
  }

  /** Keeps this search, or lets go of it. */
  async toggleSaved() {
    const { gallery } = this;
    const { query } = gallery.state;
    const saved = this.isSaved
      ? gallery.state.saved.filter((text) => text !== query)
      : [query, ...gallery.state.saved];
    gallery.set({ saved });
    writePref('saved', saved);
    try {
      await gallery.api.saveSetting(SAVED, saved);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // a server that is read only: this browser keeps it
    }
  }

  /**
   * @param {number} start  which term, by its place in the query
   * @param {Group} to
   */
  move(start, to) {
    this.gallery.library.search(moveTerm(this.gallery.state.query, start, to));
  }

  /** @param {number} start */
  remove(start) {
    this.gallery.library.search(removeTerm(this.gallery.state.query, start));
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
