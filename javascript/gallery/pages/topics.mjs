import { ApiError } from '../api.mjs';
import { toColumns } from '../lib/columns.mjs';
import { NOTHING } from '../lib/selection.mjs';
import { FolderList } from '../folders/folder-list.mjs';

/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('../lib/types.mjs').Topic} Topic */
/** @typedef {import('../browser/address.mjs').Place} Place */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

/** Files by one request for their facts. */
const PART = 2000;

/** What pictures are about, as the server finds it by their prompts; and the pictures of one topic. */
export class Topics {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
    /** @type {Topic[]|null} null: not asked for, or none are known */
    this.known = null;
    /** @type {{topic: Topic, columns: import('../lib/columns.mjs').Columns}|null} the one that is shown */
    this.shown = null;
    /** Why the last search failed, '' where it did not. */
    this.problem = '';
  }

  /** What was found last: nothing is begun by looking. */
  async ask() {
    const { result, stale } = await this.gallery.api.topics(document.documentElement.lang);
    this.known = result?.clusters ?? null;
    return { topics: this.known, isOld: stale };
  }

  /** Lets the server find topics; its progress is told below the pictures. */
  async find() {
    const { gallery } = this;
    const { t } = gallery.words;
    this.problem = '';
    try {
      const { job_id: id } = await gallery.api.findTopics(document.documentElement.lang);
      gallery.jobs.put({ id, text: t('library.topics.finding'), part: null, isEnding: false });
      try {
        await gallery.jobs.follow(id);
      } finally {
        gallery.set({ jobs: gallery.state.jobs.filter((job) => job.id !== id) });
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.problem = error.message || t('problem.unreachable.title');
      gallery.acting.fail(error, () => this.find());
    }
    gallery.set({ turn: gallery.state.turn + 1 });
  }

  /**
   * Shows the pictures of a topic.
   * @param {Route} route
   * @param {Place} place
   */
  async visit(route, place) {
    const { gallery } = this;
    gallery.viewing.forget();
    gallery.set({
      view: 'topics',
      folder: null,
      walk: false,
      query: '',
      scope: null,
      media: route.media,
      refused: '',
      fresh: 0,
      topic: route.topic,
      selection: NOTHING,
      current: -1,
      info: null,
      infoFailed: false,
    });
    try {
      if (this.shown?.topic.id !== route.topic) {
        gallery.clear();
        if (!this.known) await this.ask();
        const topic = this.known?.find(({ id }) => id === route.topic);
        this.shown = topic ? { topic, columns: toColumns(await this.filesOf(topic)) } : null;
      }
      if (gallery.route !== route) return;
      if (this.shown) this.show(route, place);
      else gallery.navigating.go({ ...route, topic: null });
    } catch (error) {
      if (gallery.route === route) gallery.fail(error, null);
    }
  }

  /** @param {Topic} topic */
  async filesOf({ paths }) {
    const files = [];
    for (let at = 0; at < paths.length; at += PART) {
      const part = paths.slice(at, at + PART);
      const facts = await this.gallery.api.facts(part);
      files.push(...part.flatMap((path) => facts[path] ?? []));
    }
    return files;
  }

  /**
   * @param {Route} route
   * @param {Place} place
   */
  show({ media }, { anchor = null, current = null }) {
    const { gallery } = this;
    if (!this.shown) return;
    gallery.set({ media });
    const { sort, order } = gallery.state;
    const list = new FolderList(this.shown.columns, { sort, order, media, roots: null, byPath: true });
    const index = anchor ? list.indexOf(anchor.name) : -1;
    gallery.arrange(list, {
      anchor: anchor && index >= 0 ? { index, offset: anchor.offset } : null,
      current: current === null ? -1 : list.indexOf(current),
    });
  }
}
