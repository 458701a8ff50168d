import { ApiError } from '../api/transport.mjs';

/** @typedef {import('./parts.mjs').Parts} Parts */

/**
 * Long work of the server, as it is shown below the pictures.
 * @typedef {Object} RunningJob
 * @property {string} id
 * @property {string} text
 * @property {number|null} part  done of the whole, 0 to 1; null: not known
 * @property {number} [done]  of ``total``, where that is known
 * @property {number} [total]
 * @property {boolean} isEnding
 * @property {string} [message]  that it has not moved for long
 * @property {() => Promise<unknown>} [cancel]  where it is not cancelled as other jobs are
 */

/** Fewer files are done before anybody has read a word about it. */
const MANY = 200;
const POLL_MS = 400;

/** Jobs of the server: shown with their progress, and they can be cancelled. */
export class Jobs {
  /** @param {Pick<Parts, 'api'|'store'|'toasts'>} parts */
  constructor({ api, store, toasts }) {
    this.api = api;
    this.store = store;
    this.toasts = toasts;
  }

  /**
   * Does something with files: few at once, many by a job of the server. Null where it was cancelled.
   * Raises ApiError.
   * @template T
   * @param {number} count  of files
   * @param {string} text  what is being done
   * @param {(background: boolean) => Promise<T | {job_id: string}>} ask
   * @returns {Promise<T|null>}
   */
  async run(count, text, ask) {
    const isLarge = count >= MANY;
    if (isLarge) this.toasts.clear();
    else this.toasts.begin(text);
    const answer = await ask(isLarge);
    if (!isLarge) return /** @type {T} */ (answer);
    const { job_id: id } = /** @type {{job_id: string}} */ (answer);
    return /** @type {T|null} */ (await this.track(id, text));
  }

  /**
   * Shows a job until it ends. Returns its result, null where it was cancelled. Raises ApiError.
   * @param {string} id
   * @param {string} text  what is being done
   */
  async track(id, text) {
    this.put({ id, text, part: null, isEnding: false });
    try {
      return await this.follow(id);
    } finally {
      this.remove(id);
    }
  }

  /** @param {string} id */
  async follow(id) {
    for (;;) {
      const job = await this.api.job(id);
      if (job.status === 'completed') return job.result;
      if (job.status === 'cancelled') return null;
      if (job.status === 'failed') throw new ApiError(job.error, 500, '');
      const before = this.find(id);
      if (before) {
        const { done, message, progress: part, stage, total } = job;
        this.put({ ...before, part, message, done, total: stage === 'clustering' ? 0 : total });
      }
      await new Promise((resolve) => {
        setTimeout(resolve, POLL_MS);
      });
    }
  }

  /** @param {string} id */
  find(id) {
    return this.store.state.jobs.find((job) => job.id === id) ?? null;
  }

  /** @param {RunningJob} job */
  put(job) {
    this.store.set({
      jobs: [...this.store.state.jobs.filter((other) => other.id !== job.id), job],
    });
  }

  /** @param {string} id */
  remove(id) {
    this.store.set({ jobs: this.store.state.jobs.filter((job) => job.id !== id) });
  }

  /** @param {RunningJob} job */
  async end(job) {
    this.put({ ...job, isEnding: true });
    try {
      await (job.cancel ?? (() => this.api.cancelJob(job.id)))();
    } catch (error) {
      this.toasts.fail(error);
    }
  }
}
