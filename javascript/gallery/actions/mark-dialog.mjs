import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { ApiError } from '../api.mjs';
import { PickDialog } from '../ui/pick-dialog.mjs';

/** @typedef {import('../ui/pick-dialog.mjs').Pick} Pick */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */
/** @typedef {import('./subject.mjs').Subject} Subject */

/**
 * Puts files under tags or into albums, and takes them out again.
 * @param {{gallery: Gallery, kind: 'tag'|'album', subject: Subject, onClose: () => void}} props
 */
export function MarkDialog({ gallery, kind, subject, onClose }) {
  const {
    api,
    marking,
    words: { t, formats },
  } = gallery;
  const [rows, setRows] = useState(
    /** @type {{id: number, name: string, color?: string, count: number}[]|null} */ (null),
  );
  const tell = (/** @type {unknown} */ error) => {
    if (!(error instanceof ApiError)) throw error;
    gallery.acting.fail(error);
  };
  useEffect(() => {
    Promise.all([kind === 'tag' ? api.customTags() : api.albums(), marking.want(subject.items)]).then(
      ([found]) => setRows(found),
      tell,
    );
  }, []);
  const values = { count: subject.count, number: formats.number(subject.count) };
  /** @param {{id: number, name: string, color?: string}} row @param {'add'|'remove'} action */
  const put = (row, action) =>
    kind === 'tag'
      ? marking.tag(subject, { color: '', ...row }, action)
      : marking.album(subject, row, action);
  const make = async (/** @type {string} */ name) => {
    try {
      const made = kind === 'tag' ? await api.addTag(name) : await api.addAlbum(name);
      setRows([made, ...(rows ?? []).filter((row) => row.id !== made.id)]);
      await put(made, 'add');
    } catch (error) {
      tell(error);
    }
  };
  const picks =
    rows?.map((row) => ({
      ...row,
      color: row.color ?? '',
      count: formats.number(row.count),
      state: stateOf(gallery, subject, kind, row.id),
    })) ?? null;
  return html`<${PickDialog} t=${t} icon=${kind} title=${t(kind === 'tag' ? 'dialog.tagFiles' : 'dialog.albumFiles', values)}
    hint=${t(kind === 'tag' ? 'dialog.tagHint' : 'dialog.albumHint')} none=${t(kind === 'tag' ? 'dialog.noTags' : 'dialog.noAlbums')} rows=${picks}
    onToggle=${(/** @type {Pick} */ pick) => put(pick, pick.state === 'all' ? 'remove' : 'add')} onMake=${make} onClose=${onClose} />`;
}

/**
 * Whether all, some or none of the files have it, as far as that is known.
 * @param {Gallery} gallery
 * @param {Subject} subject
 * @param {'tag'|'album'} kind
 * @param {number} id
 * @returns {'all'|'some'|'none'}
 */
function stateOf({ marking }, subject, kind, id) {
  const having = subject.items.filter((item) => {
    const marks = marking.find(item.path);
    return (kind === 'tag' ? marks?.tags : marks?.albums)?.some((one) => one.id === id);
  }).length;
  if (!having) return 'none';
  return having === subject.count ? 'all' : 'some';
}
