import { html } from '../vendor/preact/standalone.mjs';
import { crumbs } from '../lib/paths.mjs';
import { FolderDialog } from '../ui/folder-dialog.mjs';
import { makeFolder, recentFolders, searchFolders, subfolders } from './destinations.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */

/**
 * @typedef {Object} Choice
 * @property {string} title
 * @property {string} verb  the word on the button
 * @property {string|null} start  the folder that is shown first; null: the roots
 * @property {boolean} [atRecent]  begin at the folder used last instead, where it can be chosen
 * @property {(folder: string) => boolean} [canChoose]
 * @property {(folder: string) => void} onChoose
 * @property {() => void} onClose
 *
 * @typedef {Pick<Parts, 'api'|'store'|'toasts'|'tree'|'words'>} Needs
 */

/**
 * The dialog that chooses a folder of the library.
 * @param {Needs & Choice} props
 */
export function FolderChooser(props) {
  const {
    api,
    store,
    toasts,
    tree,
    words,
    title,
    verb,
    start,
    atRecent,
    canChoose,
    onChoose,
    onClose,
  } = props;
  const { t } = words;
  const { roots } = store.state;
  const alone = roots.length === 1 ? roots[0].path : null;
  const home = alone === null ? [{ name: t('view.folders'), path: null }] : [];
  const way = (/** @type {string|null} */ path) => [
    ...home,
    ...(path === null ? [] : crumbs(path, roots)),
  ];
  /** @param {string|null} path @param {AbortSignal} signal */
  const list = (path, signal) => subfolders(api, roots, path, signal);
  /** @param {string} parent @param {string} name */
  const make = (parent, name) => makeFolder({ api, toasts, tree }, parent, name);
  const search = (/** @type {string} */ words, /** @type {AbortSignal} */ signal) =>
    searchFolders(api, words, signal);
  const recent = recentFolders(roots);
  const last = atRecent ? recent.find((path) => canChoose?.(path) ?? true) : undefined;
  return html`<${FolderDialog}
    t=${t}
    title=${title}
    verb=${verb}
    start=${last ?? start ?? alone}
    home=${start ?? alone}
    recent=${recent}
    canChoose=${canChoose}
    search=${search}
    way=${way}
    list=${list}
    make=${make}
    onClose=${onClose}
    onChoose=${onChoose}
  />`;
}
