import { html } from '../vendor/preact/standalone.mjs';
import { ChoiceDialog } from '../ui/choice-dialog.mjs';
import { DateDialog } from '../ui/date-dialog.mjs';
import { NameDialog } from '../ui/name-dialog.mjs';
import { ProblemsDialog } from '../ui/problems-dialog.mjs';
import { TextDialog } from '../ui/text-dialog.mjs';
import { Comparison } from '../viewer/comparison.mjs';
import { FolderChooser } from '../folders/folder-chooser.mjs';
import { ImportDialog } from '../import/import-dialog.mjs';
import { MarkDialog } from '../actions/mark-dialog.mjs';
import { OrganiseDialog } from '../organise/organise-dialog.mjs';

/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('./gallery.mjs').Gallery} Gallery */
/** @typedef {import('../actions/subject.mjs').Subject} Subject */

/**
 * The dialog that is open.
 * @typedef {{kind: 'rename', item: Item}
 *   | {kind: 'folder', how: 'move'|'copy', subject: Subject}
 *   | {kind: 'taken', how: 'move'|'copy', subject: Subject, dest: string, text: string, isRest?: boolean}
 *   | {kind: 'problems', errors: {path: string, error: string}[], title?: string}
 *   | {kind: 'tag', subject: Subject}
 *   | {kind: 'album', subject: Subject}
 *   | {kind: 'text', item: Item, text: string}
 *   | {kind: 'date', first: number, last: number}
 *   | {kind: 'compare', items: Item[]}
 *   | {kind: 'organise', matter: import('../organise/plans.mjs').Matter}
 *   | {kind: 'import'}
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
      const again = (/** @type {'rename'|'skip'} */ how) =>
        closing(() => gallery.acting.transfer(dialog.how, dialog.subject, dialog.dest, how));
      return html`<${ChoiceDialog} title=${t('dialog.taken')} text=${dialog.text} cancel=${t('dialog.cancel')} onClose=${onClose} choices=${[
        // The others are done: to skip the rest is to close this.
        ...(dialog.isRest ? [] : [{ label: t('dialog.skip'), onChoose: again('skip') }]),
        { label: t('dialog.keepBoth'), kind: 'is-primary', onChoose: again('rename') },
      ]} />`;
    }
    case 'problems': {
      const count = dialog.errors.length;
      return html`<${ProblemsDialog} t=${t} title=${dialog.title ?? t('dialog.problems', { count, number: formats.number(count) })} errors=${dialog.errors}
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
    case 'organise':
      return html`<${OrganiseDialog} gallery=${gallery} matter=${dialog.matter} onClose=${onClose} />`;
    case 'import':
      return html`<${ImportDialog} gallery=${gallery} onClose=${onClose} />`;
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
  const { folder } = gallery.state;
  const { how, subject } = dialog;
  const values = { count: subject.count, number: formats.number(subject.count) };
  return html`<${FolderChooser} gallery=${gallery} title=${t(how === 'move' ? 'dialog.moveTo' : 'dialog.copyTo', values)}
    verb=${t(how === 'move' ? 'dialog.moveHere' : 'dialog.copyHere')} start=${folder}
    onClose=${onClose} onChoose=${(/** @type {string} */ path) => {
      onClose();
      gallery.acting.transfer(how, subject, path);
    }} />`;
}
