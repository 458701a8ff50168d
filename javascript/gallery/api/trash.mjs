/** @typedef {import('./transport.mjs').Transport} Transport */
/** @typedef {import('./operations.mjs').Failure} Failure */

/**
 * Deleted files.
 * @param {Transport} transport
 */
export function trashApi({ url, read, change }) {
  return {
    /** @returns {Promise<import('../lib/types.mjs').TrashInfo>} */
    trash: () => read(url('trash'), {}),

    /**
     * Deletes permanently what these operations deleted, or everything.
     * @param {string[]} [operations]
     * @returns {Promise<{removed: number, bytes: number, errors: Failure[]}>}
     */
    emptyTrash: (operations) =>
      change('trash/empty', operations ? { operation_ids: operations } : {}),

    /**
     * Deletes one file of the trash permanently.
     * @param {string} path  in the trash
     * @returns {Promise<{removed: number, bytes: number, errors: Failure[]}>}
     */
    removeTrashed: (path) => change('trash/empty', { trash_paths: [path] }),

    /**
     * Brings one file back, and its companions.
     * @param {string} path  in the trash
     * @returns {Promise<{restored: string[]}>}
     */
    restoreTrashed: (path) => change('trash/restore', { trash_paths: [path] }),
  };
}
