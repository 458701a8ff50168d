import { ApiError } from '../api/transport.mjs';
import { hrefOf } from '../browser/address.mjs';
import { readPref, writePref } from '../browser/prefs.mjs';
import {
  DISTANCES,
  isRule,
  isStrictness,
  keyOf,
  RULE_PREF,
  STRICTNESS_PREF,
} from '../lib/duplicates.mjs';
import { baseName } from '../lib/paths.mjs';
import { HOME } from '../lib/router.mjs';
import { begin, Pace, placeOf, stageText } from './found.mjs';

/** @typedef {import('../actions/subject.mjs').Subject} Subject */
/** @typedef {import('../api/duplicates.mjs').Scope} Scope */
/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../app/view.mjs').View} View */
/** @typedef {import('../lib/types.mjs').DuplicateGroup} DuplicateGroup */
/** @typedef {import('../lib/types.mjs').DuplicateKind} DuplicateKind */
/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('./found.mjs').Found} Found */

const POLL_MS = 400;
const PAGE = 50;
/** The most groups that the server tells at once. */
const MOST = 1000;

/**
 * Duplicates: looked for, and read in pages.
 * @implements {View}
 */
export class Duplicates {
  /**
   * @param {Pick<Parts,
   *   'api'|'display'|'jobs'|'navigation'|'selection'|'store'|'toasts'|'words'>} parts
   */
  constructor({ api, display, jobs, navigation, selection, store, toasts, words }) {
    this.api = api;
    this.display = display;
    this.jobs = jobs;
    this.navigation = navigation;
    this.selection = selection;
    this.store = store;
    this.toasts = toasts;
    this.words = words;
    this.isGrid = false;
    this.hasFiles = false;
    /** A page is being read. */
    this.isReading = false;
  }

  /**
   * Looks for duplicates among these files, and the files of these folders.
   * @param {Subject} subject
   */
  async ask(subject) {
    const folders = subject.items.filter((item) => item.kind === 'dir').map((item) => item.path);
    if (folders.length === 1 && subject.count === 1) {
      this.askForFolder(folders[0]);
      return;
    }
    try {
      const scope = await scopeOf(subject, folders);
      const { job_id: job } = await this.api.findDuplicates(scope, DISTANCES[this.strictness]);
      this.selection.clear();
      this.store.set({ duplicates: { ...this.begun(`job:${job}`, scope), job } });
      this.navigation.go({ ...HOME, view: 'duplicates', job });
    } catch (error) {
      this.toasts.fail(error);
    }
  }

  /** @param {string} folder */
  askForFolder(folder) {
    this.navigation.go({ ...HOME, view: 'duplicates', scope: folder });
  }

  /**
   * @param {Route} route
   */
  async visit(route) {
    const place = placeOf(route);
    // What is searched for in the library, and where, has no meaning here.
    this.display.reset(route, { media: 'all', scope: null });
    this.display.clear();
    this.store.set({ phase: 'ready', problem: null });
    const { duplicates: found, roots } = this.store.state;
    if (!roots.length) return;
    if (found?.place === place && found.totals) await this.readAgain();
    else if (found?.place === place && found.work) await this.follow(found.job);
    else if (route.job) {
      this.store.set({ duplicates: { ...this.begun(place, {}), job: route.job } });
      await this.follow(route.job);
    } else await this.find(place, route.scope ? { folder_paths: [route.scope] } : {});
  }

  /** It shows no list. @returns {null} */
  get list() {
    return null;
  }

  leave() {}

  async refresh() {
    await this.findAgain();
  }

  async changed() {
    await this.readAgain();
    return true;
  }

  /** @param {import('../app/view.mjs').Words} words */
  way({ t }) {
    const home = {
      name: t('view.duplicates'),
      path: '',
      href: hrefOf({ ...HOME, view: 'duplicates' }),
    };
    const folder = this.store.state.duplicates?.folder;
    if (!folder) return { home: null, crumbs: [home] };
    const href = hrefOf({ ...HOME, view: 'duplicates', scope: folder });
    return { home: null, crumbs: [home, { name: baseName(folder), path: folder, href }] };
  }

  summary() {
    return [];
  }

  /** @param {Partial<Found>} change */
  put(change) {
    const { duplicates: found } = this.store.state;
    if (found) this.store.set({ duplicates: { ...found, ...change } });
  }

  /**
   * @param {string} place
   * @param {Scope} scope
   * @returns {Found}
   */
  begun(place, scope) {
    return { ...begin(place, scope), rule: readPref(RULE_PREF, 'suggested', isRule) };
  }

  /** How alike duplicates must be: a habit of the user's. */
  get strictness() {
    return readPref(STRICTNESS_PREF, 'normal', isStrictness);
  }

  /** @param {import('../lib/duplicates.mjs').Strictness} strictness */
  async compare(strictness) {
    writePref(STRICTNESS_PREF, strictness);
    await this.findAgain();
  }

  /** Looks once more, where it was looked before. */
  async findAgain() {
    const { duplicates: found } = this.store.state;
    if (found && !found.work) await this.find(found.place, found.scope);
  }

  /**
   * @param {string} place
   * @param {Scope} scope
   */
  async find(place, scope) {
    this.store.set({ duplicates: this.begun(place, scope) });
    try {
      const { job_id: job } = await this.api.findDuplicates(scope, DISTANCES[this.strictness]);
      if (this.store.state.duplicates?.place !== place) return;
      this.put({ job });
      await this.follow(job);
    } catch (error) {
      this.fail(error);
    }
  }

  /**
   * Follows a search until it is over, wherever the user is meanwhile.
   * @param {string} job
   */
  async follow(job) {
    if (this.jobs.find(job)) return;
    const { t } = this.words;
    const pace = new Pace();
    this.jobs.put({ id: job, text: t('duplicates.looking'), part: null, isEnding: false });
    try {
      for (;;) {
        const told = await this.api.job(job);
        const { duplicates: found } = this.store.state;
        if (told.status !== 'running') {
          if (found?.job === job) this.end(told);
          return;
        }
        const { done, message, progress: part, stage, total } = told;
        const work = { stage, done, total, part, message, left: pace.left(told) };
        if (found?.job === job) this.put({ work });
        const running = this.jobs.find(job);
        const text = `${t('duplicates.looking')} · ${stageText(work, this.words)}`;
        if (running) this.jobs.put({ ...running, text, part, message });
        await new Promise((resolve) => {
          setTimeout(resolve, POLL_MS);
        });
      }
    } catch (error) {
      if (this.store.state.duplicates?.job === job) this.fail(error);
    } finally {
      this.jobs.remove(job);
    }
  }

  /** @param {Awaited<ReturnType<Parts['api']['job']>>} told */
  end({ error, result, status }) {
    if (status !== 'completed') {
      this.put({ work: null, isCancelled: status === 'cancelled', error: error || '' });
      return;
    }
    const { t, formats } = this.words;
    this.take(result, []);
    if (this.store.state.view === 'duplicates') return;
    const text = t('duplicates.found', {
      count: result.count,
      number: formats.number(result.count),
    });
    const place = this.store.state.duplicates;
    const route = {
      ...HOME,
      view: /** @type {'duplicates'} */ ('duplicates'),
      scope: place?.folder || null,
    };
    const job = place?.place.startsWith('job:') ? place.job : null;
    this.toasts.show(text, {
      label: t('organise.show'),
      run: () => this.navigation.go({ ...route, job }),
    });
  }

  /** @param {unknown} error */
  fail(error) {
    if (!(error instanceof ApiError)) throw error;
    this.put({ work: null, error: error.message || this.words.t('problem.unreachable.title') });
  }

  /**
   * Takes in a page.
   * @param {import('../lib/types.mjs').Duplicates} page
   * @param {DuplicateGroup[]} before  groups in front of it
   * @param {number} [read]  positions that were read with it
   */
  take(page, before, read = page.groups.length) {
    const groups = [...before, ...page.groups];
    const next = page.cursor.has_next ? page.cursor.next : '';
    this.put({ work: null, error: '', totals: page, groups, next, read });
  }

  /** Reads the groups behind those that are shown. */
  async readMore() {
    const { duplicates: found } = this.store.state;
    if (!found?.next || this.isReading) return;
    this.isReading = true;
    try {
      const { groups, kind, next, place, read } = found;
      const page = await this.api.duplicates({ cursor: next, kind, limit: PAGE });
      const { duplicates: now } = this.store.state;
      if (now?.place === place && now.next === next) this.take(page, groups, read + PAGE);
    } catch (error) {
      this.toasts.fail(error);
    } finally {
      this.isReading = false;
    }
  }

  /** Reads again what is shown: its files may be others by now. */
  async readAgain() {
    const { duplicates: found } = this.store.state;
    if (!found?.totals) return;
    const { place, kind, totals } = found;
    try {
      const read = Math.max(PAGE, found.read);
      const page = await this.readGroups(totals.first, kind, read);
      if (this.store.state.duplicates?.place !== place || this.store.state.duplicates.kind !== kind)
        return;
      this.take(page, [], read);
      this.reopen(page.groups);
    } catch (error) {
      // The server has forgotten what it found.
      if (error instanceof ApiError && error.status === 400) await this.findAgain();
      else this.toasts.fail(error);
    }
  }

  /**
   * Groups from a cursor on, of which there may be more than the server tells at once.
   * @param {string} cursor
   * @param {DuplicateKind|''} kind
   * @param {number} count
   */
  async readGroups(cursor, kind, count) {
    let page = await this.api.duplicates({ cursor, kind, limit: Math.min(MOST, count) });
    const groups = [...page.groups];
    for (let read = MOST; page.cursor.has_next && read < count; read += MOST) {
      page = await this.api.duplicates({ cursor: page.cursor.next, kind, limit: MOST });
      groups.push(...page.groups);
    }
    return { ...page, groups };
  }

  /**
   * These groups are there, so that what was done to them has been undone.
   * @param {DuplicateGroup[]} groups
   */
  reopen(groups) {
    const { duplicates: found } = this.store.state;
    if (!found) return;
    const there = new Set(groups.map(keyOf));
    const resolved = Object.fromEntries(
      Object.entries(found.resolved).filter(([key]) => !there.has(key)),
    );
    this.put({ resolved });
  }

  /** @param {DuplicateKind|''} kind */
  async show(kind) {
    this.put({ kind, groups: [], read: 0, next: '' });
    await this.readAgain();
  }
}

/**
 * @param {Subject} subject
 * @param {string[]} folders
 * @returns {Promise<Scope>}
 */
async function scopeOf(subject, folders) {
  const files = subject.items.filter((item) => item.kind !== 'dir').map((item) => item.path);
  if (!subject.all) return { file_paths: files, ...(folders.length && { folder_paths: folders }) };
  const about = await subject.about();
  return 'query' in about ? about.query : about;
}
