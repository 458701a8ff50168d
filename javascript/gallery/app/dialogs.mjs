import { html } from '../vendor/preact/standalone.mjs';
import { AllMarksDialog } from '../actions/all-marks-dialog.mjs';
import { MarkDialog } from '../actions/mark-dialog.mjs';
import { NameConflictDialog } from '../actions/name-conflicts.mjs';
import { RenameDialog } from '../actions/rename-dialog.mjs';
import { ApartDialog } from '../duplicates/apart-dialog.mjs';
import { AddRootDialog } from '../folders/add-root-dialog.mjs';
import { FolderChooser } from '../folders/folder-chooser.mjs';
import { RelocateDialog } from '../folders/relocate-dialog.mjs';
import { ImportDialog } from '../import/import-dialog.mjs';
import { countOf } from '../lib/dropped.mjs';
import { OrganiseDialog } from '../organise/organise-dialog.mjs';
import { AlbumOrderDialog } from '../pages/album-order-dialog.mjs';
import { RuleDialog } from '../pages/rule-dialog.mjs';
import { ColourDialog, MergeDialog } from '../pages/tag-dialogs.mjs';
import { ChoiceDialog } from '../ui/choice-dialog.mjs';
import { DateDialog } from '../ui/date-dialog.mjs';
import { NameDialog } from '../ui/name-dialog.mjs';
import { ProblemsDialog } from '../ui/problems-dialog.mjs';
import { SyntaxDialog } from '../ui/syntax-dialog.mjs';
import { TextDialog } from '../ui/text-dialog.mjs';
import { Comparison } from '../viewer/comparison.mjs';

/** @typedef {import('../actions/subject.mjs').Subject} Subject */
/** @typedef {import('../actions/uploads.mjs').Uploads} Uploads */
/** @typedef {import('../lib/dropped.mjs').Dropped} Dropped */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('./parts.mjs').Parts} Parts */
/** @typedef {'move'|'copy'} How */

/**
 * The dialog that is open.
 * @typedef {import('../actions/name-conflicts.mjs').NameConflicts
 *   | {kind: 'rename', item: Item}
 *   | {kind: 'renameMany', subject: Subject}
 *   | {kind: 'folder', how: How, subject: Subject}
 *   | {kind: 'upload', uploads: Uploads, dropped: Dropped}
 *   | {kind: 'problems', errors: {path: string, error: string}[], title?: string}
 *   | {kind: 'tag', subject: Subject}
 *   | {kind: 'album', subject: Subject}
 *   | {kind: 'marks', subject: Subject}
 *   | {kind: 'text', item: Item, text: string}
 *   | {kind: 'date', first: number, last: number}
 *   | {kind: 'compare', items: Item[]}
 *   | {kind: 'organise', matter: import('../organise/plans.mjs').Matter}
 *   | {kind: 'import'}
 *   | {kind: 'apart'}
 *   | {kind: 'addRoot'}
 *   | {kind: 'relocate'}
 *   | {kind: 'syntax'}
 *   | {kind: 'name', title: string, verb: string, name: string, suggested?: string,
 *       run: (name: string) => void}
 *   | {kind: 'albumOrder', album: import('../lib/types.mjs').AlbumInfo}
 *   | {kind: 'tagColour'|'tagMerge', tag: import('../lib/types.mjs').TagInfo}
 *   | {kind: 'rule', rules: import('../lib/rules.mjs').Rule[], index: number}
 *   | {kind: 'sure', title: string, text: string, action: string, isUndoable?: boolean,
 *       run: () => void}} DialogState
 */

/**
 * @template {DialogState['kind']} Kind
 * @typedef {Parts & {dialog: Extract<DialogState, {kind: Kind}>, onClose: () => void}} DialogProps
 */

/** What draws each kind of dialog. @type {Record<DialogState['kind'], (props: any) => unknown>} */
const DIALOGS = {
  rename: Rename,
  renameMany: RenameMany,
  folder: ChooseFolder,
  conflicts: NameConflictDialog,
  upload: ChooseUploadFolder,
  problems: Problems,
  tag: Mark,
  album: Mark,
  marks: AllMarks,
  text: EditText,
  date: ChooseDate,
  compare: Compare,
  organise: Organise,
  import: ImportDialog,
  apart: ApartDialog,
  addRoot: AddRootDialog,
  relocate: RelocateDialog,
  syntax: Syntax,
  name: AskName,
  albumOrder: OrderAlbum,
  tagColour: ColourTag,
  tagMerge: MergeTag,
  rule: EditRule,
  sure: Sure,
};

/**
 * The dialog that is open, whichever it is.
 * @param {Parts} props
 */
export function Dialogs(props) {
  const { store } = props;
  const { dialog } = store.state;
  if (!dialog) return null;
  const onClose = () => store.state.dialog === dialog && store.set({ dialog: null });
  const DialogOf = DIALOGS[dialog.kind];
  // A dialog of the same kind can come while the one before is closed but still there: it is another.
  return html`<${DialogOf} key=${dialog} ...${props} dialog=${dialog} onClose=${onClose} />`;
}

/** @param {DialogProps<'rename'>} props */
function Rename({ dialog: { item }, fileOperations, words: { t }, onClose }) {
  const rename = (/** @type {string} */ name) => {
    onClose();
    fileOperations.rename(item, name);
  };
  return html`<${NameDialog}
    t=${t}
    title=${t('dialog.rename')}
    verb=${t('action.rename')}
    name=${item.name}
    isFile=${item.kind !== 'dir'}
    onClose=${onClose}
    onName=${rename}
  />`;
}

/** @param {DialogProps<'renameMany'>} props */
function RenameMany({ dialog: { subject }, ...props }) {
  return html`<${RenameDialog} ...${props} subject=${subject} />`;
}

/** @param {DialogProps<'name'>} props */
function AskName({ dialog: { name, run, suggested, title, verb }, words: { t }, onClose }) {
  const take = (/** @type {string} */ text) => {
    onClose();
    run(text);
  };
  const texts = { name, suggested, title, verb };
  return html`<${NameDialog} t=${t} ...${texts} isFile=${false} onClose=${onClose} onName=${take} />`;
}

/** @param {DialogProps<'syntax'>} props */
function Syntax({ search, words: { t }, onClose }) {
  const start = (/** @type {string} */ term) => {
    onClose();
    search.go(term);
  };
  return html`<${SyntaxDialog} t=${t} onTry=${start} onClose=${onClose} />`;
}

/** @param {DialogProps<'albumOrder'>} props */
function OrderAlbum({ dialog: { album }, ...props }) {
  return html`<${AlbumOrderDialog} ...${props} album=${album} />`;
}

/** @param {DialogProps<'tagColour'>} props */
function ColourTag({ dialog: { tag }, ...props }) {
  return html`<${ColourDialog} ...${props} tag=${tag} />`;
}

/** @param {DialogProps<'tagMerge'>} props */
function MergeTag({ dialog: { tag }, ...props }) {
  return html`<${MergeDialog} ...${props} tag=${tag} />`;
}

/** @param {DialogProps<'rule'>} props */
function EditRule({ dialog: { rules, index }, ...props }) {
  return html`<${RuleDialog} ...${props} rules=${rules} index=${index} />`;
}

/** @param {DialogProps<'folder'>} props */
function ChooseFolder(props) {
  const { dialog, fileOperations, store, words, onClose } = props;
  const { t, formats } = words;
  const { how, subject } = dialog;
  const counted = { count: subject.count, number: formats.number(subject.count) };
  const choose = (/** @type {string} */ path) => {
    onClose();
    fileOperations.transfer(how, subject, path);
  };
  return html`<${FolderChooser}
    ...${props}
    title=${t(how === 'move' ? 'dialog.moveTo' : 'dialog.copyTo', counted)}
    verb=${t(how === 'move' ? 'dialog.moveHere' : 'dialog.copyHere')}
    start=${store.state.folder}
    atRecent=${true}
    canChoose=${(/** @type {string} */ folder) => subject.goesTo(folder)}
    onClose=${onClose}
    onChoose=${choose}
  />`;
}

/** @param {DialogProps<'upload'>} props */
function ChooseUploadFolder(props) {
  const { dialog, words, onClose } = props;
  const { t, formats } = words;
  const count = countOf(dialog.dropped);
  const choose = (/** @type {string} */ path) => {
    onClose();
    dialog.uploads.send(dialog.dropped, path);
  };
  return html`<${FolderChooser}
    ...${props}
    title=${t('dialog.uploadTo', { count, number: formats.number(count) })}
    verb=${t('dialog.uploadHere')}
    start=${null}
    onClose=${onClose}
    onChoose=${choose}
  />`;
}

/** @param {DialogProps<'problems'>} props */
function Problems({ commands, dialog: { errors, title }, words: { t, formats }, onClose }) {
  const counted = { count: errors.length, number: formats.number(errors.length) };
  return html`<${ProblemsDialog}
    t=${t}
    title=${title ?? t('dialog.problems', counted)}
    errors=${errors}
    copy=${(/** @type {string} */ text) => commands.copy(text)}
    onClose=${onClose}
  />`;
}

/** @param {DialogProps<'tag'|'album'>} props */
function Mark({ dialog: { kind, subject }, ...props }) {
  return html`<${MarkDialog} ...${props} kind=${kind} subject=${subject} />`;
}

/** @param {DialogProps<'marks'>} props */
function AllMarks({ dialog: { subject }, ...props }) {
  return html`<${AllMarksDialog} ...${props} subject=${subject} />`;
}

/** @param {DialogProps<'text'>} props */
function EditText({ dialog: { item, text }, fileOperations, words: { t }, onClose }) {
  const write = (/** @type {string} */ infotext) => fileOperations.writeInfotext(item, infotext);
  return html`<${TextDialog} t=${t} name=${item.name} text=${text} onClose=${onClose} onText=${write} />`;
}

/** @param {DialogProps<'date'>} props */
function ChooseDate({ dialog: { first, last }, library, words: { t }, onClose }) {
  const [from, to] = [Math.min(first, last), Math.max(first, last)];
  const go = (/** @type {number} */ date) => {
    onClose();
    library.goToDate(date);
  };
  return html`<${DateDialog} t=${t} from=${from} to=${to} onClose=${onClose} onDate=${go} />`;
}

/** @param {DialogProps<'compare'>} props */
function Compare({ dialog: { items }, ...props }) {
  return html`<${Comparison} ...${props} items=${items} />`;
}

/** @param {DialogProps<'organise'>} props */
function Organise({ dialog: { matter }, ...props }) {
  return html`<${OrganiseDialog} ...${props} matter=${matter} />`;
}

/** @param {DialogProps<'sure'>} props */
function Sure({ dialog: { action, isUndoable = false, run, text, title }, words: { t }, onClose }) {
  const confirm = () => {
    onClose();
    run();
  };
  return html`<${ChoiceDialog}
    title=${title}
    text=${text}
    cancel=${t('dialog.cancel')}
    onClose=${onClose}
    choices=${[{ label: action, kind: 'is-danger', focused: isUndoable, onChoose: confirm }]}
  />`;
}
