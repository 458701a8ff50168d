import { LIKE } from './marks.mjs';
import { kindOf } from './media.mjs';
import { baseName, folderOf, joinPath } from './paths.mjs';

/** @typedef {import('./types.mjs').MarkChange} MarkChange */
/** @typedef {import('./types.mjs').Operation} Operation */

/**
 * What was done, as a line of the history.
 * @typedef {Object} Entry
 * @property {string} id
 * @property {string} what  names the sentence: move, tagged ...; '' where only the server's line says it
 * @property {string} icon
 * @property {boolean} isOfMarks
 * @property {number} time  seconds since the epoch; 0 where it is not known
 * @property {number} count
 * @property {string} name  of the folder it led to, or of the tag or album
 * @property {number} rating
 * @property {string} detail  a path
 * @property {Where|null} place  where it is now; null where that is not known
 * @property {string} summary  the server's line
 * @property {string} state
 * @property {string} message
 * @property {boolean} undoable
 * @property {string} user
 * @property {string} machine
 *
 * @typedef {{path: string, isFile: boolean}} Where
 *
 * @typedef {{start: number|null, entries: Entry[]}} HistoryDay  start: midnight in seconds; null: not known
 */

/** What operations on files are called, with an icon each. @type {Record<string, string>} */
const OPERATIONS = {
  copy: 'copy-plus',
  delete: 'trash-2',
  edit: 'pencil',
  flatten: 'folder-input',
  mkdirs: 'folder-plus',
  move: 'folder-input',
  organise: 'folder-kanban',
  rename: 'pencil',
  resolve: 'copy-check',
  undo: 'undo-2',
  upload: 'download',
};
/** Changes of marks: what each is called where it gives them and where it removes them, and its icon. */
const OF_MARKS = {
  tag: ['tagged', 'untagged', 'tag'],
  album: ['inAlbum', 'outOfAlbum', 'album'],
  like: ['liked', 'unliked', 'heart'],
  rating: ['rated', 'unrated', 'star'],
};
/** Operations of which a folder is told that the files are in now. */
const LEADING = ['copy', 'move', 'upload'];
const ARROW = ' -> ';

/**
 * Operations and changes of marks as one list, the newest first. What is older than a list that was cut
 * off goes back to is left out: there the other one alone would look like all that was done.
 * @param {Operation[]} operations  the newest first
 * @param {MarkChange[]} changes  the newest first
 * @param {number} most  how many operations were asked for
 * @returns {Entry[]}
 */
export function entriesOf(operations, changes, most) {
  const since = operations.length < most ? 0 : operations[operations.length - 1].time;
  const kept = changes.filter(({ changed, time }) => changed > 0 && time >= since);
  return [...operations.map(ofFiles), ...kept.map(ofMarks)].sort((a, b) => b.time - a.time);
}

/** @param {Operation} operation @returns {Entry} */
function ofFiles({ kind, ...operation }) {
  const subject = subjectOf(operation.summary);
  return {
    ...operation,
    what: kind in OPERATIONS ? kind : '',
    icon: OPERATIONS[kind] ?? 'history',
    isOfMarks: false,
    name: LEADING.includes(kind) ? baseName(subject) : '',
    rating: 0,
    detail: subject.replace(ARROW, ' → '),
    place: placeOf(kind, subject, operation.state),
  };
}

/**
 * Where a file or folder is after an operation, as far as the server's line says it.
 * @param {string} kind
 * @param {string} subject
 * @param {string} state
 * @returns {Where|null}
 */
function placeOf(kind, subject, state) {
  if (!subject) return null;
  if (kind === 'rename') {
    const at = subject.lastIndexOf(ARROW);
    const [from, name] = [subject.slice(0, at), subject.slice(at + ARROW.length)];
    const path = state === 'done' ? joinPath(folderOf(from), name) : from;
    return { path, isFile: kindOf(path) !== 'other' };
  }
  if (kind === 'edit') return { path: subject, isFile: true };
  return state === 'done' ? { path: subject, isFile: false } : null;
}

/** @param {MarkChange} change @returns {Entry} */
function ofMarks({ about, change_id: id, changed, kind, name, rating, undone, ...change }) {
  const [given, removed, icon] = OF_MARKS[about === 'tag' && name === LIKE ? 'like' : about];
  const isGiven = kind === 'given' || (kind === 'rated' && Boolean(rating));
  return {
    ...change,
    id,
    what: isGiven ? given : removed,
    icon,
    isOfMarks: true,
    count: changed,
    name,
    rating: rating ?? 0,
    detail: '',
    place: null,
    summary: '',
    state: undone ? 'undone' : 'done',
    message: '',
    undoable: !undone,
  };
}

/**
 * Whether the machine says something: only where there are several.
 * @param {Entry[]} entries
 */
export function hasMachines(entries) {
  return new Set(entries.map(({ machine }) => machine).filter(Boolean)).size > 1;
}

/**
 * A sentence with values put in, and which parts of it are which values: "Anna moved 2 files to kept".
 * @param {(values: Record<string, string>) => string} write  puts values into the sentence
 * @param {Record<string, string>} values
 * @returns {{text: string, field: string}[]}  field: the name of the value; '' for what is none
 */
export function partsOf(write, values) {
  const names = Object.keys(values);
  // Characters that nobody types stand for the values meanwhile.
  const signOf = (/** @type {number} */ i) => String.fromCharCode(0xe000 + i);
  const text = write(Object.fromEntries(names.map((name, i) => [name, signOf(i)])));
  return text
    .split(/([\ue000-\ue00f])/)
    .filter(Boolean)
    .map((part) => {
      const name = names[part.charCodeAt(0) - 0xe000];
      return name === undefined ? { text: part, field: '' } : { text: values[name], field: name };
    });
}

/**
 * Entries by the day where the user is.
 * @param {Entry[]} entries  the newest first
 * @returns {HistoryDay[]}
 */
export function byDay(entries) {
  /** @type {HistoryDay[]} */
  const days = [];
  for (const entry of entries) {
    const start = entry.time ? new Date(entry.time * 1000).setHours(0, 0, 0, 0) / 1000 : null;
    const last = days[days.length - 1];
    if (last?.start === start) last.entries.push(entry);
    else days.push({ start, entries: [entry] });
  }
  return days;
}

/**
 * The people among whom one can choose: none where all was done by one, or where no name is known.
 * @param {Entry[]} entries
 * @returns {string[]}  names in order
 */
export function peopleOf(entries) {
  const users = new Set(entries.map(({ user }) => user));
  return users.size < 2 ? [] : [...users].filter(Boolean).sort((a, b) => a.localeCompare(b));
}

/**
 * What the server's line about an operation says it was about: "Moved 3 items: /out/b".
 * @param {string} summary
 */
export function subjectOf(summary) {
  const at = summary.indexOf(': ');
  return at < 0 ? '' : summary.slice(at + 2);
}
