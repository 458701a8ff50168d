import { html } from '../vendor/preact/standalone.mjs';
import { ApiError } from '../api.mjs';
import { crumbs } from '../lib/paths.mjs';
import { FolderDialog } from '../ui/folder-dialog.mjs';
import { recentFolders, subfolders } from './destinations.mjs';

/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

/**
 * The dialog that chooses a folder of the library.
 * @param {{gallery: Gallery, title: string, verb: string, start: string|null, onChoose: (folder: string) => void, onClose: () => void}} props
 */
export function FolderChooser({ gallery, title, verb, start, onChoose, onClose }) {
  const { t } = gallery.words;
  const { roots } = gallery.state;
  const alone = roots.length === 1 ? roots[0].path : null;
  const home = alone === null ? [{ name: t('view.folders'), path: null }] : [];
  return html`<${FolderDialog} t=${t} title=${title} verb=${verb} start=${start ?? alone} recent=${recentFolders(gallery)}
    way=${(/** @type {string|null} */ path) => [...home, ...(path === null ? [] : crumbs(path, roots))]}
    list=${(/** @type {string|null} */ path, /** @type {AbortSignal} */ signal) => subfolders(gallery, path, signal)}
    make=${(/** @type {string} */ parent, /** @type {string} */ name) => makeFolder(gallery, parent, name)}
    onClose=${onClose} onChoose=${onChoose} />`;
}

/**
 * @param {Gallery} gallery
 * @param {string} parent
 * @param {string} name
 * @returns {Promise<string|null>}
 */
async function makeFolder(gallery, parent, name) {
  const separator = parent.includes('\\') && !parent.startsWith('/') ? '\\' : '/';
  try {
    const { path } = await gallery.api.makeFolder(`${parent.replace(/[\\/]+$/, '')}${separator}${name}`);
    await gallery.tree.load(parent, true);
    return path;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    gallery.acting.fail(error);
    return null;
  }
}
