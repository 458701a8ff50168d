import { json } from './transport.mjs';

/** @typedef {import('./transport.mjs').Transport} Transport */

/**
 * Topics, and plans that sort files into folders.
 * @param {Transport} transport
 */
export function organiseApi({ url, read, change }) {
  return {
    /**
     * The topics of the whole library that were found last.
     * @param {string} lang
     * @param {number|null} threshold  least similarity within a topic; null: topics with subjects
     * @returns {Promise<{result: {clusters: import('../lib/types.mjs').Topic[]}|null, stale: boolean}>}
     */
    topics: (lang, threshold) =>
      read(
        url('db/cluster_iib_output_cached'),
        json({ folder_paths: [], recursive: true, lang, threshold }),
      ),

    /**
     * @param {string} lang
     * @param {number|null} threshold
     * @returns {Promise<{job_id: string}>}
     */
    findTopics: (lang, threshold) =>
      change('db/cluster_iib_output_job_start', {
        folder_paths: [],
        recursive: true,
        lang,
        threshold,
      }),

    /**
     * Plans sorting files into folders; nothing is moved.
     * @param {Record<string, unknown>} what
     * @returns {Promise<{job_id: string}>}
     */
    planFolders: (what) => change('db/organize_files_start', what),

    /**
     * @param {string} id
     * @param {boolean} brief  without the preview
     * @returns {Promise<import('../lib/types.mjs').OrganiseState>}
     */
    folderPlan: (id, brief) =>
      read(url('db/organize_files_status', { job_id: id, brief: String(brief) }), {}),

    /**
     * Carries a plan out.
     * @param {string} id
     * @param {{folder_edits: {cluster_id: string, new_folder_name: string}[], skip_cluster_ids: string[]}}
     *   answer
     * @returns {Promise<{job_id: string}>}
     */
    carryOut: (id, answer) => change('db/organize_files_confirm', { job_id: id, ...answer }),

    /** @param {string} id */
    cancelPlan: (id) => change('db/organize_files_cancel', { job_id: id }),
  };
}
