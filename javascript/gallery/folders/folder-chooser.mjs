import { html } from '../vendor/preact/standalone.mjs';
import { crumbs } from '../lib/paths.mjs';
import { FolderDialog } from '../ui/folder-dialog.mjs';
import { makeFolder, recentFolders, subfolders } from './destinations.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */

/**
 * @typedef {Object} Choice
 * @property {string} title
 * @property {string} verb  the word on the button
 * @property {string|null} start  the folder that is shown first; null: the roots
 * @property {(folder: string) => void} onChoose
 * @property {() => void} onClose
 *
 * @typedef {Pick<Parts, 'api'|'store'|'toasts'|'tree'|'words'>} Needs
 */

/**
 * The dialog that chooses a folder of the library.
 * @param {Needs & Choice} props
 */
export function FolderChooser({ api, store, toasts, tree, words, title, verb, start, onChoose, onClose }) {
  const { t } = words;
  const { roots } = store.state;
  const alone = roots.length === 1 ? roots[0].path : null;
  const home = alone === null ? [{ name: t('view.folders'), path: null }] : [];
  const way = (/** @type {string|null} */ path) => [...home, ...(path === null ? [] : crumbs(path, roots))];
  /** @param {string|null} path @param {AbortSignal} signal */
  const list = (path, signal) => subfolders(api, roots, path, signal);
  /** @param {string} parent @param {string} name */
  const make = (parent, name) => makeFolder({ api, toasts, tree }, parent, name);
  return html`<${FolderDialog}
    t=${t}
    title=${title}
    verb=${verb}
    start=${start ?? alone}
    recent=${recentFolders(roots)}
    way=${way}
    list=${list}
    make=${make}
    onClose=${onClose}
    onChoose=${onChoose}
  />`;
}
