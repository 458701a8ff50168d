import { TIME_ZONE } from '../lib/time-zone.mjs';
import { json, once } from './transport.mjs';

/** @typedef {import('./transport.mjs').Transport} Transport */

/**
 * What a change is about: files by path, or all that a search finds.
 * @typedef {Object} AllFound
 * @property {{query: string, folder_paths: string[], tz?: string}} query
 * @property {number} expected_count
 * @typedef {{file_paths: string[]} | AllFound} About
 */

/**
 * @typedef {{path: string, error: string, code: string}} Failure  of one file
 * @typedef {{src_path: string, dest_path: string}} Moved
 */

/**
 * @typedef {Object} Transferred
 * @property {Moved[]} [moved]
 * @property {Moved[]} [copied]
 * @property {Failure[]} errors
 * @property {string[]} skipped
 * @property {string[]} replaced  paths of files that are in the trash now
 * @property {string|null} operation_id
 * @typedef {{renamed: Moved[], errors: Failure[], operation_id: string|null}} FilesRenamed
 * @typedef {{deleted: string[], errors: Failure[], operation_id: string|null}} Removed
 * @typedef {'error'|'rename'|'skip'|'replace'} Conflict  what is done where a name is taken
 */

/**
 * What became of files that were sent, each by the name that it was sent under.
 * @typedef {Object} Uploaded
 * @property {{name: string, path: string}[]} uploaded
 * @property {string[]} skipped
 * @property {{name: string, error: string, code: string}[]} errors
 * @property {string|null} operation_id
 */

const FILE_NAME = /filename="([^"]+)"/;

/**
 * Changes of files on the disk.
 * @param {Transport} transport
 */
export function operationsApi({ url, read, change, send }) {
  return {
    /**
     * Moves or copies into a folder; all or nothing, unless it says what to do with names that are taken.
     * @param {'move'|'copy'} how
     * @param {About} about
     * @param {string} dest
     * @param {Conflict} onConflict
     * @param {string[]} replace  files that replace the ones that have their names
     * @param {boolean} background  by a job, which goes on after a failure
     * @returns {Promise<Transferred | {job_id: string}>}
     */
    transfer: (how, about, dest, onConflict, replace, background) =>
      change(`${how}_files`, {
        ...about,
        dest,
        on_conflict: onConflict,
        replace,
        continue_on_error: background || onConflict !== 'error',
        background,
      }),

    /**
     * What would become of a transfer; nothing is changed.
     * @param {'move'|'copy'} how
     * @param {About} about
     * @param {string} dest
     * @returns {Promise<Transferred>}
     */
    planTransfer: (how, about, dest) => change(`${how}_files`, { ...about, dest, dry_run: true }),

    /**
     * Sends files from this machine into a folder.
     * @param {File[]} files
     * @param {string} dest
     * @param {Conflict} onConflict
     * @param {{onProgress: (bytes: number) => void, signal: AbortSignal}} options
     * @returns {Promise<Uploaded>}
     */
    upload: (files, dest, onConflict, options) => {
      const form = new FormData();
      for (const file of files) form.append('file', file, file.name);
      return send('upload', { dest, on_conflict: onConflict }, form, options);
    },

    /**
     * @param {About} about
     * @param {boolean} background
     * @returns {Promise<Removed | {job_id: string}>}
     */
    remove: (about, background) => change('delete_files', { ...about, background }),

    /**
     * @param {string} path
     * @param {string} name
     * @returns {Promise<{new_path: string, operation_id: string|null}>}
     */
    rename: (path, name) => change('db/rename', { path, name }),

    /**
     * Gives files names by a pattern; those whose name is taken stay.
     * @param {About} about
     * @param {string} pattern
     * @param {boolean} background
     * @returns {Promise<FilesRenamed | {job_id: string}>}
     */
    renameFiles: (about, pattern, background) =>
      change('db/rename_files', { ...about, pattern, tz: TIME_ZONE, dry_run: false, background }),

    /**
     * What names they would get; nothing is changed.
     * @param {About} about
     * @param {string} pattern
     * @returns {Promise<FilesRenamed>}
     */
    planRename: (about, pattern) =>
      change('db/rename_files', { ...about, pattern, tz: TIME_ZONE, dry_run: true }),

    /**
     * @param {string} folder
     * @returns {Promise<{path: string}>}
     */
    makeFolder: (folder) => change('mkdirs', { dest_folder: folder }),

    /**
     * @param {string} operation
     * @param {boolean} background
     * @returns {Promise<{restored: Moved[]} | {job_id: string}>}
     */
    undo: (operation, background) =>
      change(`operations/${encodeURIComponent(operation)}/undo`, { background }),

    /**
     * The last ones, newest first.
     * @param {{limit?: number, user?: string}} [which]  user: who asked for them
     * @returns {Promise<import('../lib/types.mjs').Operation[]>}
     */
    operations: async ({ limit = 50, ...who } = {}) =>
      (await read(url('operations', { limit: String(limit), ...who }), {})).operations,

    /**
     * Files as one archive.
     * @param {About} about
     * @param {boolean} isClean  pictures without what says how they were made
     * @returns {Promise<{name: string, data: Blob}>}
     */
    zip: (about, isClean) =>
      archive(url('zip'), {
        ...('file_paths' in about ? { paths: about.file_paths } : about),
        strip_metadata: isClean,
      }),
  };
}

/**
 * An archive, and the name that the server gives it.
 * @param {string} target
 * @param {unknown} body
 * @returns {Promise<{name: string, data: Blob}>}
 */
function archive(target, body) {
  return once(target, json(body), async (response) => ({
    name: FILE_NAME.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? 'iib.zip',
    data: await response.blob(),
  }));
}
