import { json } from './transport.mjs';

/** @typedef {import('./transport.mjs').Transport} Transport */
/** @typedef {import('../lib/types.mjs').Root} Root */

/**
 * The folders of the library, and those that could be.
 * @param {Transport} transport
 */
export function rootsApi({ url, read, readOnce, change }) {
  return {
    /**
     * Folders whose paths contain all words.
     * @param {string} query
     * @param {AbortSignal} signal
     * @returns {Promise<{path: string, name: string, count: number}[]>}
     */
    findFolders: async (query, signal) =>
      (await readOnce(url('db/folders', { query }), { signal })).folders,

    /**
     * How many files are in and below folders, by path.
     * @param {string[]} paths
     * @param {AbortSignal} [signal]
     * @returns {Promise<Record<string, number>>}
     */
    folderCounts: (paths, signal) => read(url('db/folder_counts'), { ...json({ paths }), signal }),

    /** @returns {Promise<Root[]>} */
    roots: async () => (await readOnce(url('db/roots'), {})).roots,

    /** @returns {Promise<import('../lib/types.mjs').SuggestedRoots>} */
    suggestedRoots: () => read(url('db/suggested_roots'), {}),

    /**
     * Adds a folder to the library, or gives one that was added a further type.
     * @param {string} path
     * @param {'scan'|'scan-fixed'} type  indexed, or pinned too
     * @returns {Promise<{path: string}>}
     */
    addRoot: (path, type) => change('db/extra_paths', { path, types: [type] }),

    /**
     * Takes types from a folder; without any it leaves the library.
     * @param {string} path
     * @param {string[]} types  none: all
     */
    removeRoot: (path, types) => change('db/extra_paths', { path, types }, 'DELETE'),

    /**
     * @param {string} path
     * @param {string} alias  '' for the name on the disk
     */
    nameRoot: (path, alias) => change('db/alias_extra_path', { path, alias }),

    /** @returns {Promise<{job_id: string}>} */
    addSampleLibrary: () => change('db/sample_library', {}),
  };
}
