/** @typedef {import('./transport.mjs').Transport} Transport */

/**
 * @typedef {Object} JobState
 * @property {string} status
 * @property {number} progress  0 to 1
 * @property {string} stage
 * @property {number} done
 * @property {number} total  0: not known yet
 * @property {string} message  that it has not moved for long, else ''
 * @property {string} error
 * @property {any} result
 */

/**
 * Long work of the server.
 * @param {Transport} transport
 */
export function jobsApi({ url, read, change }) {
  return {
    /**
     * @param {string} id
     * @returns {Promise<JobState>}
     */
    job: (id) => read(url(`jobs/${encodeURIComponent(id)}`), {}),

    /**
     * Ends a job; what it did to files is undone.
     * @param {string} id
     */
    cancelJob: (id) => change(`jobs/${encodeURIComponent(id)}/cancel`),
  };
}
