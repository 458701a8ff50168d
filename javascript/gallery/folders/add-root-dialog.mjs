import { html } from '../vendor/preact/standalone.mjs';
import { MachineFolderDialog } from './machine-folder-dialog.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {Pick<Parts, 'api'|'libraryRoots'|'toasts'|'tree'|'words'>} Needs */

/**
 * Chooses a folder of the server's machine to add to the library.
 * @param {Needs & {onClose: () => void}} props
 */
export function AddRootDialog(props) {
  const { libraryRoots, words, onClose } = props;
  const choose = (/** @type {string} */ path) => {
    onClose();
    libraryRoots.add(path);
  };
  const [title, verb] = [words.t('roots.add'), words.t('roots.add.do')];
  return html`<${MachineFolderDialog} ...${props} title=${title} verb=${verb} onChoose=${choose} />`;
}
