import { ApiError } from '../api/transport.mjs';
import { readPref, writePref } from '../browser/prefs.mjs';
import { isWithin, joinPath } from '../lib/paths.mjs';

/** @typedef {import('../api/api.mjs').Api} Api */
/** @typedef {import('../lib/types.mjs').Root} Root */
/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {{name: string, path: string}} Folder */

const RECENT = 'recentFolders';
const KEPT = 6;

/** @type {(value: unknown) => value is string[]} */
const areTexts = (value) => Array.isArray(value) && value.every((path) => typeof path === 'string');

/**
 * Folders that files were moved or copied to, the last one first, as far as they belong to the library.
 * @param {Root[]} roots
 * @returns {string[]}
 */
export function recentFolders(roots) {
  return readPref(RECENT, [], areTexts).filter((path) =>
    roots.some((root) => isWithin(path, root.path)),
  );
}

/** @param {string} folder */
export function rememberFolder(folder) {
  const others = readPref(RECENT, [], areTexts).filter((path) => path !== folder);
  writePref(RECENT, [folder, ...others].slice(0, KEPT));
}

/**
 * The folders inside one, by name; the roots of the library for null.
 * @param {Api} api
 * @param {Root[]} roots
 * @param {string|null} folder
 * @param {AbortSignal} signal
 * @returns {Promise<{folders: Folder[], problem: string}>}
 */
export async function subfolders(api, roots, folder, signal) {
  if (folder === null) return { folders: roots.filter((root) => root.online), problem: '' };
  try {
    const files = await api.folders(folder, signal);
    const folders = files.map((file) => ({ name: file.name, path: file.fullpath }));
    folders.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
    return { folders, problem: '' };
  } catch (error) {
    if (signal.aborted) return { folders: [], problem: '' };
    if (!(error instanceof ApiError)) throw error;
    return { folders: [], problem: error.message };
  }
}

/**
 * Folders of the library whose paths contain all words, those with the most files first; none where the
 * server cannot say.
 * @param {Api} api
 * @param {string} words
 * @param {AbortSignal} signal
 * @returns {Promise<Folder[]>}
 */
export async function searchFolders(api, words, signal) {
  try {
    return await api.findFolders(words, signal);
  } catch (error) {
    if (signal.aborted || error instanceof ApiError) return [];
    throw error;
  }
}

/**
 * Makes a folder inside another one; null where that failed.
 * @param {Pick<Parts, 'api'|'toasts'|'tree'>} parts
 * @param {string} parent
 * @param {string} name
 * @returns {Promise<string|null>}
 */
export async function makeFolder({ api, toasts, tree }, parent, name) {
  try {
    const { path } = await api.makeFolder(joinPath(parent, name));
    await tree.load(parent, true);
    return path;
  } catch (error) {
    toasts.fail(error);
    return null;
  }
}
