import { ApiError } from '../api.mjs';

/** @typedef {import('./gallery.mjs').Gallery} Gallery */

/**
 * A change of many files that goes on in the server.
 * @typedef {{id: string, text: string, part: number|null, isEnding: boolean, message?: string, cancel?: () => Promise<unknown>}} RunningJob  message: that it stands
 *   still; cancel: where it is not ended as other jobs are
 */

/** Fewer files are done before anybody has read a word about it. */
const MANY = 200;
const POLL_MS = 400;

/** Changes of many files: told with their progress, and they can be ended. */
export class Jobs {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
  }

  /**
   * Does something with so many files: few at once, many by a job of the server. Null where it was
   * ended. Raises ApiError.
   * @template T
   * @param {number} count
   * @param {string} text  what is being done
   * @param {(background: boolean) => Promise<T | {job_id: string}>} ask
   * @returns {Promise<T|null>}
   */
  async run(count, text, ask) {
    const { toasts } = this.gallery;
    const isLarge = count >= MANY;
    if (isLarge) toasts.clear();
    else toasts.begin(text);
    const answer = await ask(isLarge);
    if (!isLarge) return /** @type {T} */ (answer);
    const { job_id: id } = /** @type {{job_id: string}} */ (answer);
    this.put({ id, text, part: null, isEnding: false });
    try {
      return /** @type {T|null} */ (await this.follow(id));
    } finally {
      this.gallery.set({ jobs: this.gallery.state.jobs.filter((job) => job.id !== id) });
    }
  }

  /** @param {string} id */
  async follow(id) {
    for (;;) {
      const job = await this.gallery.api.job(id);
      if (job.status === 'completed') return job.result;
      if (job.status === 'cancelled') return null;
      if (job.status === 'failed') throw new ApiError(job.error, 500, '');
      const before = this.gallery.state.jobs.find((one) => one.id === id);
      if (before) this.put({ ...before, part: job.progress, message: job.message });
      await new Promise((resolve) => {
        setTimeout(resolve, POLL_MS);
      });
    }
  }

  /** @param {RunningJob} job */
  put(job) {
    this.gallery.set({ jobs: [...this.gallery.state.jobs.filter((one) => one.id !== job.id), job] });
  }

  /** @param {RunningJob} job */
  async end(job) {
    this.put({ ...job, isEnding: true });
    try {
      await (job.cancel ?? (() => this.gallery.api.cancelJob(job.id)))();
    } catch (error) {
      this.gallery.acting.fail(error);
    }
  }
}
