import { html } from '../vendor/preact/standalone.mjs';
import { ApiError } from '../api.mjs';
import { crumbs } from '../lib/paths.mjs';
import { ChoiceDialog } from '../ui/choice-dialog.mjs';
import { DateDialog } from '../ui/date-dialog.mjs';
import { FolderDialog } from '../ui/folder-dialog.mjs';
import { NameDialog } from '../ui/name-dialog.mjs';
import { ProblemsDialog } from '../ui/problems-dialog.mjs';
import { TextDialog } from '../ui/text-dialog.mjs';
import { Comparison } from './comparing.mjs';

import { recentFolders, subfolders } from './folders.mjs';
import { MarkDialog } from './mark-dialog.mjs';

/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('./gallery.mjs').Gallery} Gallery */
/** @typedef {import('./subject.mjs').Subject} Subject */

/**
 * The dialog that is open.
 * @typedef {{kind: 'rename', item: Item}
 *   | {kind: 'folder', how: 'move'|'copy', subject: Subject}
 *   | {kind: 'taken', how: 'move'|'copy', subject: Subject, dest: string, text: string}
 *   | {kind: 'problems', errors: {path: string, error: string}[]}
 *   | {kind: 'tag', subject: Subject}
 *   | {kind: 'album', subject: Subject}
 *   | {kind: 'text', item: Item, text: string}
 *   | {kind: 'date', first: number, last: number}
 *   | {kind: 'compare', items: Item[]}
 *   | {kind: 'sure', title: string, text: string, action: string, run: () => void}} DialogState
 */

/**
 * Whatever dialog is open.
 * @param {{gallery: Gallery}} props
 */
export function Dialogs({ gallery }) {
  const { dialog } = gallery.state;
  const { t, formats } = gallery.words;
  const onClose = () => gallery.state.dialog === dialog && gallery.set({ dialog: null });
  /** @param {() => unknown} run */
  const closing = (run) => () => {
    onClose();
    run();
  };
  switch (dialog?.kind) {
    case 'rename':
      return html`<${NameDialog} t=${t} name=${dialog.item.name} isFolder=${dialog.item.kind === 'dir'} onClose=${onClose}
        onName=${(/** @type {string} */ name) => closing(() => gallery.acting.rename(dialog.item, name))()} />`;
    case 'folder':
      return html`<${Folders} gallery=${gallery} dialog=${dialog} onClose=${onClose} />`;
    case 'taken': {
      const again = (/** @type {'rename'|'skip'} */ how) => closing(() => gallery.acting.transfer(dialog.how, dialog.subject, dialog.dest, how));
      return html`<${ChoiceDialog} title=${t('dialog.taken')} text=${dialog.text} cancel=${t('dialog.cancel')} onClose=${onClose} choices=${[
        { label: t('dialog.skip'), onChoose: again('skip') },
        { label: t('dialog.keepBoth'), kind: 'is-primary', onChoose: again('rename') },
      ]} />`;
    }
    case 'problems': {
      const count = dialog.errors.length;
      return html`<${ProblemsDialog} t=${t} title=${t('dialog.problems', { count, number: formats.number(count) })} errors=${dialog.errors}
        copy=${(/** @type {string} */ text) => gallery.commanding.copy(text)} onClose=${onClose} />`;
    }
    case 'tag':
    case 'album':
      return html`<${MarkDialog} key=${dialog.kind} gallery=${gallery} kind=${dialog.kind} subject=${dialog.subject} onClose=${onClose} />`;
    case 'text':
      return html`<${TextDialog} t=${t} name=${dialog.item.name} text=${dialog.text} onClose=${onClose}
        onText=${(/** @type {string} */ text) => gallery.acting.writeInfotext(dialog.item, text)} />`;
    case 'date':
      return html`<${DateDialog} t=${t} from=${Math.min(dialog.first, dialog.last)} to=${Math.max(dialog.first, dialog.last)} onClose=${onClose}
        onDate=${(/** @type {number} */ date) => closing(() => gallery.library.goToDate(date))()} />`;
    case 'compare':
      return html`<${Comparison} gallery=${gallery} items=${dialog.items} onClose=${onClose} />`;
    case 'sure':
      return html`<${ChoiceDialog} title=${dialog.title} text=${dialog.text} cancel=${t('dialog.cancel')} onClose=${onClose}
        choices=${[{ label: dialog.action, kind: 'is-danger', onChoose: closing(dialog.run) }]} />`;
    default:
      return null;
  }
}

/** @param {{gallery: Gallery, dialog: Extract<DialogState, {kind: 'folder'}>, onClose: () => void}} props */
function Folders({ gallery, dialog, onClose }) {
  const { t, formats } = gallery.words;
  const { roots, folder } = gallery.state;
  const { how, subject } = dialog;
  const values = { count: subject.count, number: formats.number(subject.count) };
  const alone = roots.length === 1 ? roots[0].path : null;
  const home = alone === null ? [{ name: t('view.folders'), path: null }] : [];
  return html`<${FolderDialog} t=${t} title=${t(how === 'move' ? 'dialog.moveTo' : 'dialog.copyTo', values)}
    verb=${t(how === 'move' ? 'dialog.moveHere' : 'dialog.copyHere')} start=${folder ?? alone} recent=${recentFolders(gallery)}
    way=${(/** @type {string|null} */ path) => [...home, ...(path === null ? [] : crumbs(path, roots))]}
    list=${(/** @type {string|null} */ path, /** @type {AbortSignal} */ signal) => subfolders(gallery, path, signal)}
    make=${(/** @type {string} */ parent, /** @type {string} */ name) => makeFolder(gallery, parent, name)}
    onClose=${onClose} onChoose=${(/** @type {string} */ path) => {
      onClose();
      gallery.acting.transfer(how, subject, path);
    }} />`;
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
