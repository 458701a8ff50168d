import { html } from '../vendor/preact/standalone.mjs';
import { crumbs } from '../lib/paths.mjs';
import { FolderDialog } from '../ui/folder-dialog.mjs';
import { makeFolder, subfolders } from './destinations.mjs';
import { useSuggested } from './first-run.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {Pick<Parts, 'api'|'toasts'|'tree'|'words'>} Needs */

/**
 * Chooses a folder of the server's machine.
 * @param {Needs & {title: string, verb: string, onChoose: (path: string) => void, onClose: () => void}} props
 */
export function MachineFolderDialog(props) {
  const { api, toasts, tree, words, title, verb, onChoose, onClose } = props;
  const { t } = words;
  const found = useSuggested(api);
  if (!found) return null;
  const { folders, places } = found;
  const tops = places.map((path) => ({ name: path, path, online: true }));
  const way = (/** @type {string|null} */ path) => [
    { name: t('roots.machine'), path: null },
    ...(path === null ? [] : crumbs(path, [])),
  ];
  return html`<${FolderDialog}
    t=${t}
    title=${title}
    verb=${verb}
    start=${places[0] ?? null}
    home=${null}
    search=${null}
    recent=${folders.map(({ path }) => path)}
    recentTitle=${t('roots.found')}
    takesPaths=${true}
    way=${way}
    list=${(/** @type {string|null} */ path, /** @type {AbortSignal} */ signal) =>
      subfolders(api, tops, path, signal)}
    make=${(/** @type {string} */ parent, /** @type {string} */ name) =>
      makeFolder({ api, toasts, tree }, parent, name)}
    onClose=${onClose}
    onChoose=${onChoose}
  />`;
}
