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
    emptyTrash: (operations) => change('trash/empty', operations ? { operation_ids: operations } : {}),
  };
}
