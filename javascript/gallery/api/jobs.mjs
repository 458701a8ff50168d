/** @typedef {import('./transport.mjs').Transport} Transport */

/**
 * Long work of the server.
 * @param {Transport} transport
 */
export function jobsApi({ url, read, change }) {
  return {
    /**
     * @param {string} id
     * @returns {Promise<{status: string, progress: number, message: string, error: string, result: any}>}
     */
    job: (id) => read(url(`jobs/${encodeURIComponent(id)}`), {}),

    /**
     * Ends a job; what it did to files is undone.
     * @param {string} id
     */
    cancelJob: (id) => change(`jobs/${encodeURIComponent(id)}/cancel`),
  };
}
