import { json } from './transport.mjs';

/** @typedef {import('./transport.mjs').Transport} Transport */
/** @typedef {import('../lib/types.mjs').Settings} Settings */
/** @typedef {import('../lib/types.mjs').Relocated} Relocated */

/**
 * Settings, and the index of the library.
 * @param {Transport} transport
 */
export function libraryApi({ url, read, readOnce, change, send }) {
  return {
    /** @returns {Promise<Settings>} */
    settings: () => read(url('global_setting'), {}),

    /**
     * Keeps a value of the page on the server.
     * @param {string} name
     * @param {unknown} value
     */
    saveSetting: (name, value) => readOnce(url('app_fe_setting'), json({ name, value })),

    /**
     * A value that is another one when the index has changed.
     * @returns {Promise<{change: number|string}>}
     */
    changes: () => readOnce(url('db/changes'), {}),

    /** @returns {Promise<import('../lib/types.mjs').IndexStatus>} */
    indexStatus: () => readOnce(url('db/index_status'), {}),

    /** @returns {Promise<{job_id: string}>} */
    updateIndex: () => readOnce(url('db/update_image_data'), json({ background: true })),

    /** Ends the update of the index; what was read stays. */
    cancelIndex: () => readOnce(url('db/index_cancel'), json({})),

    /**
     * How many files the index knows that are gone from the disk; 10,000 stands for more.
     * @returns {Promise<number>}
     */
    countMissing: async () => {
      const search = { query: 'missing:yes', size: 1, total: 'bounded' };
      return (await readOnce(url('db/search'), json(search))).total;
    },

    /**
     * Counts files that were deleted elsewhere, or takes them out of the index.
     * @param {{dry_run: boolean, expected_count?: number, background?: boolean}} how
     * @returns {Promise<any>}  {count, marked, unreachable}, or {job_id} where it goes on in the background
     */
    forgetMissing: (how) => change('db/forget_missing', how),

    /** @returns {Promise<import('../lib/types.mjs').Offer[]>} */
    importable: async () => (await readOnce(url('db/importable'), {})).databases,

    /**
     * @param {string|File} source  a file, or the path of one on the server's machine
     * @param {boolean} dryRun  only tells what would be imported
     * @returns {Promise<{job_id: string}>}
     */
    importMarks: (source, dryRun) => {
      if (typeof source === 'string')
        return change('db/import', { path: source, background: true, dry_run: dryRun });
      const form = new FormData();
      form.append('file', source, source.name);
      const how = { background: 'true', dry_run: String(dryRun) };
      const { signal } = new AbortController();
      return send('db/import_upload', how, form, { onProgress: () => {}, signal });
    },

    /** The address of all tags, ratings and albums as a file. */
    exportedMarks: () => url('db/export'),

    /**
     * Changes a path in the whole index, where the files are in another place now.
     * @param {string} old
     * @param {string} now
     * @param {boolean} dryRun  only tells what would change
     * @returns {Promise<Relocated>}
     */
    relocate: (old, now, dryRun) => change('db/relocate', { old, new: now, dry_run: dryRun }),
  };
}
