import { ApiError } from '../api/transport.mjs';
import { hrefOf } from '../browser/address.mjs';
import { readPref, writePref } from '../browser/prefs.mjs';
import { FolderList } from '../folders/folder-list.mjs';
import { summaryOf } from '../folders/summary.mjs';
import { toColumns } from '../lib/columns.mjs';
import { HOME } from '../lib/router.mjs';

/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('../lib/types.mjs').Subject} Subject */
/** @typedef {import('../lib/types.mjs').Topic} Topic */
/** @typedef {import('../browser/address.mjs').Place} Place */
/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../app/view.mjs').View} View */

/**
 * How fine topics are: the least similarity within one; null: themes with subjects, as fine as the server
 * finds good.
 */
export const DETAILS = [null, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/** @type {(value: unknown) => value is number} */
const isDetail = (value) => typeof value === 'number' && value in DETAILS;
/** Files by one request for their facts. */
const PART = 2000;

/**
 * What pictures are about, as the server finds it by their prompts; and, as a view, the pictures of one
 * topic.
 * @implements {View}
 */
export class Topics {
  /** @param {Pick<Parts, 'api'|'display'|'jobs'|'navigation'|'store'|'toasts'|'words'>} parts */
  constructor({ api, display, jobs, navigation, store, toasts, words }) {
    this.api = api;
    this.display = display;
    this.jobs = jobs;
    this.navigation = navigation;
    this.store = store;
    this.toasts = toasts;
    this.isGrid = true;
    this.hasFiles = true;
    this.words = words;
    /** @type {Topic[]|null} null: not asked for, or none are known */
    this.known = null;
    /** @type {{topic: Subject, columns: import('../lib/columns.mjs').Columns}|null} the one that is shown */
    this.shown = null;
    /** Which of DETAILS the user has chosen. */
    this.detail = readPref('topicDetail', 0, isDetail);
    /** Why the last search failed, '' where it did not. */
    this.problem = '';
    /** The job that finds topics; '' before the first one. */
    this.job = '';
  }

  /** What was found last: nothing is begun by looking. */
  async ask() {
    const { result, stale } = await this.api.topics(
      document.documentElement.lang,
      DETAILS[this.detail],
    );
    this.known = result?.clusters ?? null;
    return { topics: this.known, isOld: stale };
  }

  /**
   * Shows finer or broader topics, which are found first where they are not known.
   * @param {number} detail  one of DETAILS
   */
  async setDetail(detail) {
    this.detail = detail;
    writePref('topicDetail', detail);
    this.known = null;
    const { store } = this;
    store.set({ turn: store.state.turn + 1 });
    try {
      const { topics } = await this.ask();
      if (!topics && !store.state.readOnly && this.detail === detail) await this.find();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.toasts.fail(error);
    }
  }

  /**
   * The topic or subject of an address, known or asked for; null where there is none.
   * @param {string} id
   * @returns {Promise<Subject|null>}
   */
  async findTopic(id) {
    const [key, inGraph] = id.split(':');
    if (inGraph) {
      const { paths } = await this.api.topicPaths(key, inGraph);
      return { id, title: '', size: paths.length, keywords: [], paths };
    }
    if (!this.known) await this.ask();
    const all = (this.known ?? []).flatMap((topic) => [topic, ...(topic.subjects ?? [])]);
    return all.find((topic) => topic.id === id) ?? null;
  }

  /**
   * Lets the server find topics; its progress is shown below the pictures. What it was finding before is
   * cancelled.
   */
  async find() {
    const { t } = this.words;
    this.problem = '';
    try {
      const before = this.jobs.find(this.job);
      if (before) await this.jobs.end(before);
      const { job_id: id } = await this.api.findTopics(
        document.documentElement.lang,
        DETAILS[this.detail],
      );
      this.job = id;
      await this.jobs.track(id, t('library.topics.finding'));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.problem = error.message || t('problem.unreachable.title');
      this.toasts.fail(error, () => this.find());
    }
    this.store.set({ turn: this.store.state.turn + 1 });
  }

  /**
   * Shows the pictures of a topic.
   * @param {Route} route
   * @param {Place} place
   * @param {import('../app/view.mjs').Step} step
   */
  async visit(route, place, step) {
    if (step === 'changed') {
      this.show(route, place);
      return;
    }
    this.display.reset(route);
    try {
      if (this.shown?.topic.id !== route.topic) {
        this.display.clear();
        const topic = await this.findTopic(route.topic ?? '');
        this.shown = topic ? { topic, columns: toColumns(await this.filesOf(topic)) } : null;
      }
      if (this.display.route !== route) return;
      if (this.shown) this.show(route, place);
      else this.navigation.go({ ...route, topic: null });
    } catch (error) {
      if (this.display.route === route) this.display.fail(error, null);
    }
  }

  /** @param {Subject} topic */
  async filesOf({ paths }) {
    const files = [];
    for (let at = 0; at < paths.length; at += PART) {
      const part = paths.slice(at, at + PART);
      const facts = await this.api.facts(part);
      files.push(...part.flatMap((path) => facts[path] ?? []));
    }
    return files;
  }

  /**
   * @param {Route} route
   * @param {Place} place
   */
  show({ media }, place) {
    if (!this.shown) return;
    this.store.set({ media });
    const { sort, order } = this.store.state;
    const list = new FolderList(this.shown.columns, {
      sort,
      order,
      media,
      roots: null,
      byPath: true,
    });
    this.display.arrangeAt(list, place);
  }

  leave() {}

  /** Loads the files of the topic again. */
  async refresh() {
    this.shown = null;
    await this.visit(this.display.route, this.display.place(), 'moved');
  }

  async changed() {
    return this.store.state.phase === 'ready';
  }

  /** Files that are gone leave the list when the topic is loaded again. */
  drop() {
    return this.list !== null;
  }

  /** What is shown; null while it is loaded. */
  get list() {
    return this.store.state.list;
  }

  /** @param {import('../app/view.mjs').Words} words */
  way({ t }) {
    const path = this.store.state.topic ?? '';
    const isIn = (/** @type {Topic} */ { subjects }) =>
      (subjects ?? []).some(({ id }) => id === path);
    const theme = this.known?.find(isIn);
    return {
      home: { name: t('view.topics'), href: hrefOf({ ...HOME, view: 'topics' }) },
      crumbs: [
        ...(theme ? [crumbOf(theme)] : []),
        { name: this.shown?.topic.title ?? '', path, href: '' },
      ],
    };
  }

  /** @param {import('../app/view.mjs').Words} words */
  summary(words) {
    return summaryOf(this.store.state.totals, words);
  }
}

/** @param {Topic} topic */
function crumbOf({ id, title }) {
  return { name: title, path: id, href: hrefOf({ ...HOME, view: 'topics', topic: id }) };
}
