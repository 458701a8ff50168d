import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { LIKE } from '../lib/marks.mjs';
import { PickDialog } from '../ui/pick-dialog.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../ui/pick-dialog.mjs').Pick} PickRow */
/** @typedef {import('./subject.mjs').Subject} Subject */
/** @typedef {{id: number, name: string, color?: string, count: number}} Row  a tag or an album */

/**
 * @typedef {Pick<Parts, 'marks'|'toasts'|'words'>} Needs
 * @typedef {Needs & {kind: 'tag'|'album', subject: Subject, onClose: () => void}} Props
 */

/** The texts of each kind. */
const TEXTS = {
  tag: { title: 'dialog.tagFiles', hint: 'dialog.tagHint', none: 'dialog.noTags' },
  album: { title: 'dialog.albumFiles', hint: 'dialog.albumHint', none: 'dialog.noAlbums' },
};

/**
 * Puts tags on files or files into albums, and takes them away again.
 * @param {Props} props
 */
export function MarkDialog({ kind, marks, subject, toasts, words, onClose }) {
  const { t, formats } = words;
  const [rows, setRows] = useState(/** @type {Row[]|null} */ (null));
  const fail = (/** @type {unknown} */ error) => toasts.fail(error);
  // The heart has a button of its own.
  const ask = async () =>
    (await marks.list(kind)).filter(({ name }) => kind === 'album' || name !== LIKE);
  useEffect(() => {
    Promise.all([ask(), marks.want(subject.items)]).then(([found]) => setRows(found), fail);
  }, []);
  /**
   * @param {Omit<Row, 'count'>} row
   * @param {'add'|'remove'} action
   * @param {import('./marks.mjs').Made[]} [made]
   */
  const put = async (row, action, made) => {
    await (kind === 'tag'
      ? marks.tag(subject, { color: '', ...row }, action, made)
      : marks.album(subject, row, action, made));
    await count().catch(fail);
  };
  /** Shows the counts as they are now; the rows stay where they are. */
  const count = async () => {
    const found = new Map((await ask()).map((row) => [row.id, row]));
    setRows((before) => (before ?? []).map((row) => found.get(row.id) ?? row));
  };
  const make = async (/** @type {string} */ name) => {
    try {
      /** @type {import('./marks.mjs').Made[]} */
      const made = [];
      const mark = await marks.make(kind, name, made);
      setRows([mark, ...(rows ?? []).filter((row) => row.id !== mark.id)]);
      await put(mark, 'add', made);
    } catch (error) {
      fail(error);
    }
  };
  const pickOf = (/** @type {Row} */ row) => ({
    ...row,
    color: row.color ?? '',
    count: formats.number(row.count),
    state: stateOf(marks, subject, kind, row.id),
  });
  const { title, hint, none } = TEXTS[kind];
  return html`<${PickDialog}
    t=${t}
    icon=${kind}
    title=${t(title, { count: subject.count, number: formats.number(subject.count) })}
    hint=${t(hint)}
    none=${t(none)}
    rows=${rows?.map(pickOf) ?? null}
    onToggle=${(/** @type {PickRow} */ row) => put(row, row.state === 'all' ? 'remove' : 'add')}
    onMake=${make}
    onClose=${onClose}
  />`;
}

/**
 * Whether all, some or none of the files have it, as far as that is known.
 * @param {Parts['marks']} marks
 * @param {Subject} subject
 * @param {'tag'|'album'} kind
 * @param {number} id
 * @returns {'all'|'some'|'none'}
 */
function stateOf(marks, subject, kind, id) {
  const having = subject.items.filter((item) => {
    const known = marks.find(item.path);
    return (kind === 'tag' ? known?.tags : known?.albums)?.some((mark) => mark.id === id);
  }).length;
  if (!having) return 'none';
  return having === subject.count ? 'all' : 'some';
}
