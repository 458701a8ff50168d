import { ApiError } from '../api.mjs';
import { isWithin } from '../lib/paths.mjs';
import { readPref, writePref } from '../browser/prefs.mjs';

/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */
/** @typedef {{name: string, path: string}} Folder */

const RECENT = 'recentFolders';
const KEPT = 6;

/** @type {(value: unknown) => value is string[]} */
const areTexts = (value) => Array.isArray(value) && value.every((path) => typeof path === 'string');

/**
 * Folders that files were moved or copied to, the last one first, as far as they belong to the library.
 * @param {Gallery} gallery
 * @returns {string[]}
 */
export function recentFolders(gallery) {
  const { roots } = gallery.state;
  return readPref(RECENT, [], areTexts).filter((path) => roots.some((root) => isWithin(path, root.path)));
}

/** @param {string} folder */
export function rememberFolder(folder) {
  const others = readPref(RECENT, [], areTexts).filter((path) => path !== folder);
  writePref(RECENT, [folder, ...others].slice(0, KEPT));
}

/**
 * The folders inside one, by name; the roots of the library for null.
 * @param {Gallery} gallery
 * @param {string|null} folder
 * @param {AbortSignal} signal
 * @returns {Promise<{folders: Folder[], problem: string}>}
 */
export async function subfolders(gallery, folder, signal) {
  if (folder === null) return { folders: gallery.state.roots.filter((root) => root.online), problem: '' };
  try {
    const folders = (await gallery.api.folders(folder, signal)).map((file) => ({
      name: file.name,
      path: file.fullpath,
    }));
    return {
      folders: folders.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true })),
      problem: '',
    };
  } catch (error) {
    if (signal.aborted) return { folders: [], problem: '' };
    if (!(error instanceof ApiError)) throw error;
    return { folders: [], problem: error.message };
  }
}
