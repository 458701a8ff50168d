import { ApiError } from '../api/transport.mjs';
import { readPref, writePref } from '../browser/prefs.mjs';
import { baseName } from '../lib/paths.mjs';
import { HOME } from '../lib/router.mjs';
import { SimilarList } from './similar-list.mjs';

/** @typedef {import('../api/meaning.mjs').NearestAnswer} NearestAnswer */
/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../app/view.mjs').View} View */
/** @typedef {import('../browser/address.mjs').Place} Place */
/** @typedef {import('../lib/types.mjs').By} By */
/** @typedef {import('../lib/types.mjs').Route} Route */

/** While prompts are read or pictures looked at, what is found so far is asked for this often. */
const AGAIN_MS = 3000;

/** @type {(value: unknown) => value is By} */
const isBy = (value) => value === 'prompt' || value === 'look' || value === 'content';

/**
 * Files by similarity: to what was typed, to one file, by its prompt, its look or what it shows, or to a
 * picture of the user's.
 * @implements {View}
 */
export class Similar {
  /** @param {Pick<Parts, 'api'|'display'|'jobs'|'navigation'|'store'|'words'>} parts */
  constructor({ api, display, jobs, navigation, store, words }) {
    this.api = api;
    this.display = display;
    this.jobs = jobs;
    this.navigation = navigation;
    this.store = store;
    this.words = words;
    this.isGrid = true;
    this.hasFiles = false;
    this.asking = new AbortController();
    /** @type {NearestAnswer|null} what is shown */
    this.answer = null;
    /** What it was asked for. */
    this.key = '';
    /** @type {Blob|null} a picture that was pasted or dropped; it is kept by this page only */
    this.picture = null;
    /** Its address, to show it. */
    this.pictureUrl = '';
  }

  /**
   * Shows more files like one.
   * @param {string} path
   * @param {By} [by]  the user's habit without it
   */
  go(path, by = readPref('similarBy', 'prompt', isBy)) {
    writePref('similarBy', by);
    this.navigation.go({ ...HOME, view: 'similar', like: path, by });
  }

  /**
   * Shows files like a picture of the user's.
   * @param {Blob} picture
   */
  goPicture(picture) {
    if (this.pictureUrl) URL.revokeObjectURL(this.pictureUrl);
    this.picture = picture;
    this.pictureUrl = URL.createObjectURL(picture);
    this.answer = null;
    // Another picture has the same address: the one before is forgotten.
    if (isOfPicture(this.display.route)) this.refresh();
    else this.navigation.go({ ...HOME, view: 'similar', by: 'content' });
  }

  /**
   * Compares what was typed in another way.
   * @param {'prompt'|'content'} by
   */
  compareBy(by) {
    writePref('meaningBy', by);
    this.navigation.go({ ...this.display.route, by });
  }

  /** Whether the picture of the user's is what files are compared with. */
  get isPicture() {
    return isOfPicture(this.display.route) && this.picture !== null;
  }

  /**
   * @param {Route} route
   * @param {Place} place
   * @param {import('../app/view.mjs').Step} step
   */
  async visit(route, place, step) {
    if (this.answer && this.key === keyOf(route) && step === 'changed') {
      this.show(place);
      return;
    }
    this.display.reset(route);
    if (this.answer && this.key === keyOf(route)) {
      this.show(place);
      return;
    }
    this.display.clear();
    await this.ask(route, place);
  }

  /**
   * @param {Route} route
   * @param {Place} place
   */
  async ask(route, place) {
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    try {
      const answer = await this.find(route, true, signal);
      if (signal.aborted) return;
      this.take(answer, route, place);
      if (answer.job_id) await this.follow(answer.job_id, route, signal);
      // To see everything takes a model hours: what it has seen by now is asked for by "refresh".
      else if (!answer.complete && route.by === 'look') await this.wait(route, signal);
    } catch (error) {
      if (!signal.aborted) this.display.fail(error, null);
    }
  }

  /**
   * @param {Route} route
   * @param {boolean} reads  new prompts are read first
   * @param {AbortSignal} signal
   */
  find({ by, like, query, scope }, reads, signal) {
    if (like !== null) return this.api.findSimilar({ path: like, by }, signal);
    if (!query && by === 'content' && this.picture)
      return this.api.findByPicture(this.picture, signal);
    if (!query) return Promise.resolve(NOTHING);
    const folders = scope === null ? [] : [scope];
    if (by === 'content') return this.api.findByContent({ query, folders }, signal);
    return this.api.findByMeaning({ query, folders, reads }, signal);
  }

  /**
   * Shows what is found until a job has read all prompts.
   * @param {string} job
   * @param {Route} route
   * @param {AbortSignal} signal
   */
  async follow(job, route, signal) {
    const again = async (/** @type {boolean} */ isLast) => {
      const isLight = route.like === null;
      if (signal.aborted || (!isLight && !isLast)) return;
      try {
        const answer = await this.find(route, false, signal);
        if (!signal.aborted)
          this.take({ ...answer, complete: isLast }, route, this.display.place());
      } catch (error) {
        // The built-in model finds nothing before it has learned.
        if (isLast || !(error instanceof ApiError)) throw error;
      }
    };
    const timer = setInterval(() => again(false), AGAIN_MS);
    try {
      await this.jobs.track(job, this.words.t('similar.reading'));
    } finally {
      clearInterval(timer);
    }
    await again(true);
  }

  /**
   * Shows what is found until the server has looked at all files, which it does while nothing else is to do.
   * @param {Route} route
   * @param {AbortSignal} signal
   */
  async wait(route, signal) {
    let isComplete = false;
    while (!isComplete) {
      await new Promise((resolve) => {
        setTimeout(resolve, AGAIN_MS);
      });
      if (signal.aborted) return;
      const answer = await this.find(route, false, signal);
      if (signal.aborted) return;
      isComplete = answer.complete;
      this.take(answer, route, this.display.place());
    }
  }

  /**
   * @param {NearestAnswer} answer
   * @param {Route} route
   * @param {Place} place
   */
  take(answer, route, place) {
    this.answer = answer;
    this.key = keyOf(route);
    this.show(place);
  }

  /** @param {Place} place */
  show(place) {
    if (!this.answer) return;
    this.display.arrangeAt(new SimilarList(this.answer, this.store.state.media), place);
  }

  leave() {
    this.asking.abort();
  }

  /** Asks again. */
  async refresh() {
    await this.ask(this.display.route, this.display.place());
  }

  async changed() {
    return this.store.state.phase === 'ready';
  }

  /** Files that are gone leave the list when it is asked for again. */
  drop() {
    return this.list !== null;
  }

  /** What is shown; null while it is loaded. */
  get list() {
    return this.store.state.list;
  }

  /** @param {import('../app/view.mjs').Words} words */
  way({ t }) {
    const { like, query } = this.store.state;
    const typed = query ? t('similar.to', { name: query }) : t('similar.toPicture');
    const name = like === null ? typed : t('similar.like', { name: baseName(like) });
    return { home: null, crumbs: [{ name, path: like ?? query, href: '' }] };
  }

  /** @param {import('../app/view.mjs').Words} words */
  summary({ t, formats }) {
    const { files } = this.store.state.totals;
    return [
      '',
      files ? t('summary.files', { count: files, number: formats.number(files) }) : '',
      '',
    ];
  }
}

/** @type {NearestAnswer} */
const NOTHING = { results: [], files: [], count: 0, model: '', complete: true, job_id: '' };

/** @param {Route} route */
function isOfPicture({ by, like, query, view }) {
  return view === 'similar' && by === 'content' && like === null && !query;
}

/** @param {Route} route */
function keyOf({ by, like, query, scope }) {
  return JSON.stringify(like === null ? [query, scope, by] : [like, by]);
}
