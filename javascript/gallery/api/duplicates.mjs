import { json } from './transport.mjs';

/** @typedef {import('./transport.mjs').Transport} Transport */
/** @typedef {import('./operations.mjs').Removed} Removed */
/** @typedef {import('../lib/duplicates.mjs').Decision} Decision */

/**
 * Where duplicates are looked for: everywhere, in folders, among what a query finds, or among files.
 * @typedef {{folder_paths?: string[], file_paths?: string[], query?: string}} Scope
 */

/**
 * Duplicates, and how they are resolved.
 * @param {Transport} transport
 */
export function duplicatesApi({ url, read, change }) {
  return {
    /**
     * Starts looking for duplicates.
     * @param {Scope} scope
     * @param {number} distance  how far two pictures may be from each other
     * @returns {Promise<{job_id: string}>}
     */
    findDuplicates: (scope, distance) =>
      change('db/duplicates', { ...scope, distance, background: true }),

    /**
     * Some groups of what was found, as their files are now.
     * @param {{cursor: string, kind: string, limit: number}} part
     * @returns {Promise<import('../lib/types.mjs').Duplicates>}
     */
    duplicates: (part) => read(url('db/duplicates'), json(part)),

    /**
     * @param {Decision[]} groups
     * @param {boolean} background
     * @returns {Promise<Removed | {job_id: string}>}
     */
    resolveDuplicates: (groups, background) =>
      change('db/resolve_duplicates', { groups, background }),

    /**
     * @param {string[][]} groups  of paths
     * @returns {Promise<{group_ids: number[]}>}
     */
    addNotDuplicates: (groups) =>
      change('db/not_duplicates', { groups: groups.map((paths) => ({ paths })) }),

    /** @returns {Promise<{groups: {group_id: number, paths: string[]}[]}>} */
    notDuplicates: () => read(url('db/not_duplicates'), {}),

    /**
     * Lets files be found as duplicates again.
     * @param {number} group
     */
    removeNotDuplicates: (group) => change('db/not_duplicates', { group_id: group }, 'DELETE'),
  };
}
