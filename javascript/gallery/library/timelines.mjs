import { PAGE } from '../lib/pages.mjs';
import { Timeline } from './timeline.mjs';

/** @typedef {import('../api/api.mjs').Api} Api */
/** @typedef {import('../api/search.mjs').Question} Question */

/** A search that takes longer shows what it has so far. */
const PATIENCE_S = 0.1;
const GOING_ON_S = 0.5;
const KEPT = 4;

/** Timelines of questions; the last few are kept, so that going back shows its pictures at once. */
export class Timelines {
  /** @param {Api} api */
  constructor(api) {
    this.api = api;
    /** @type {Map<string, Timeline>} */
    this.kept = new Map();
    /** @type {{key: string, answer: Promise<Timeline>, abort: AbortController}|null} */
    this.underWay = null;
  }

  /** @param {Question} question */
  find(question) {
    return this.kept.get(keyOf(question)) ?? null;
  }

  /**
   * The timeline of a question, or the request for it that is under way. One for another question
   * is given up.
   * @param {Question} question
   * @returns {Promise<Timeline>}
   */
  load(question) {
    const key = keyOf(question);
    if (this.underWay?.key === key) return this.underWay.answer;
    this.underWay?.abort.abort();
    const abort = new AbortController();
    const request = {
      key,
      abort,
      answer: this.ask(question, abort.signal).then((timeline) => this.keep(timeline)),
    };
    this.underWay = request;
    const done = () => {
      if (this.underWay === request) this.underWay = null;
    };
    request.answer.then(done, done);
    return request.answer;
  }

  /**
   * A new look at a question; what is known of it stays until ``keep`` is told otherwise. A search
   * for words answers soon with what it has found so far.
   * @param {Question} question
   * @param {AbortSignal} [signal]
   */
  async ask(question, signal) {
    return new Timeline(
      this.api,
      question,
      await this.api.timeline({ ...question, first: PAGE, wait_s: PATIENCE_S }, signal),
    );
  }

  /**
   * Lets a search that has not looked everywhere go on; what is known of it stays known.
   * @param {Timeline} timeline
   */
  async grow(timeline) {
    const { question, snapshot, pages } = timeline;
    const next = new Timeline(
      this.api,
      question,
      await this.api.timeline({ ...question, snapshot, wait_s: GOING_ON_S }),
    );
    if (next.snapshot === snapshot)
      for (const [page, columns] of pages.pages)
        if (columns.id.length === PAGE) next.pages.put(page, columns);
    return next;
  }

  /** @param {Timeline} timeline */
  keep(timeline) {
    const key = keyOf(timeline.question);
    this.kept.delete(key);
    this.kept.set(key, timeline);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT) break;
      this.kept.delete(oldest);
    }
    return timeline;
  }
}

/** @param {Question} question */
function keyOf({ query, folder_paths: folders, media_type: media, sort, order, seed, stack }) {
  return JSON.stringify([sort, order, seed, stack, media, folders, query]);
}
