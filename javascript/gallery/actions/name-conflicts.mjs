import { ApiError } from '../api/transport.mjs';
import { baseName } from '../lib/paths.mjs';
import { ConflictDialog } from '../ui/conflict-dialog.mjs';
import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../ui/conflict-dialog.mjs').Choice} Choice */
/** @typedef {import('../ui/conflict-dialog.mjs').Side} Side */

/**
 * A name that is taken: the file that is to go there, of the library or of this machine, and the path
 * where another one is.
 * @typedef {{source: string|File, target: string}} NameConflict
 */

/**
 * @typedef {Object} NameConflicts
 * @property {'conflicts'} kind
 * @property {NameConflict[]} conflicts
 * @property {number} total  how many files were to go
 * @property {string} dest
 * @property {boolean} isRest  all others are done
 * @property {boolean} canReplace
 * @property {(choices: Choice[]) => void} onChoose  one for each
 */

/**
 * What is known of a file.
 * ``path``: '' for a file of this machine.
 * @typedef {{path: string, picture: string, bytes: number, date: number, isFolder: boolean}} Known
 */

/** @type {Known} */
const UNKNOWN = { path: '', picture: '', bytes: 0, date: 0, isFolder: false };
const PICTURE_PX = 512;

/**
 * Asks about one conflict after the other, or about all at once.
 * @param {Pick<Parts, 'api'|'words'> & {dialog: NameConflicts, onClose: () => void}} props
 */
export function NameConflictDialog({ api, dialog, words: { t, formats }, onClose }) {
  const { canReplace, conflicts, dest, isRest, onChoose, total } = dialog;
  const [chosen, setChosen] = useState(/** @type {Choice[]} */ ([]));
  const [isAll, setAll] = useState(false);
  const at = chosen.length;
  const left = conflicts.length - at;
  const conflict = conflicts[at];
  const facts = useKnown(api, conflict);
  const choose = (/** @type {Choice} */ choice) => {
    const next = [...chosen, ...Array(isAll ? left : 1).fill(choice)];
    setChosen(next.slice(0, conflicts.length - 1));
    if (next.length < conflicts.length) return;
    onClose();
    onChoose(next);
  };
  const folder = baseName(dest);
  const count = { count: conflicts.length, number: formats.number(conflicts.length) };
  const side = (/** @type {string} */ label, /** @type {Known} */ known) => ({
    label,
    path: known.path,
    picture: known.picture,
    details: known.date ? [formats.bytes(known.bytes), formats.dateTime(known.date)] : [],
  });
  const title =
    total === 1
      ? t('conflicts.one', { folder })
      : t('conflicts.some', { ...count, total: formats.number(total), folder });
  return html`<${ConflictDialog}
    t=${t}
    title=${title}
    text=${isRest ? t('dialog.takenLeft', count) : t('conflicts.notYet')}
    name=${baseName(conflict.target)}
    position=${conflicts.length > 1 ? t('viewer.position', { index: at + 1, count: count.number }) : ''}
    sides=${[side(t('conflicts.source'), facts[0]), side(t('conflicts.target', { folder }), facts[1])]}
    all=${left > 1 ? t('conflicts.all', { count: left, number: formats.number(left) }) : ''}
    isAll=${isAll}
    canReplace=${canReplace && !facts.some(({ isFolder }) => isFolder)}
    onAll=${setAll}
    onChoose=${choose}
    onClose=${onClose}
  />`;
}

/**
 * What is known of both files by now.
 * @param {Parts['api']} api
 * @param {NameConflict} conflict
 */
function useKnown(api, { source, target }) {
  const [known, setKnown] = useState([UNKNOWN, UNKNOWN]);
  useEffect(() => {
    let isWanted = true;
    setKnown([UNKNOWN, UNKNOWN]);
    const own = source instanceof File ? knownOf(source) : null;
    factsOf(api, own ? [target] : [String(source), target]).then((facts) => {
      if (isWanted) setKnown(own ? [own, facts[0]] : facts);
    });
    return () => {
      isWanted = false;
      if (own?.picture) URL.revokeObjectURL(own.picture);
    };
  }, [source, target]);
  return known;
}

/**
 * @param {File} file
 * @returns {Known}
 */
function knownOf(file) {
  const picture = file.type.startsWith('image/') ? URL.createObjectURL(file) : '';
  return { ...UNKNOWN, picture, bytes: file.size, date: file.lastModified / 1000 };
}

/**
 * @param {Parts['api']} api
 * @param {string[]} paths
 * @returns {Promise<Known[]>}
 */
async function factsOf(api, paths) {
  try {
    const facts = await api.facts(paths);
    return paths.map((path) => {
      const file = facts[path];
      if (!file) return UNKNOWN;
      const isFolder = file.type !== 'file';
      const picture = isFolder ? '' : api.thumbnail(path, file.date, PICTURE_PX);
      return { path, picture, bytes: file.bytes, date: file.date, isFolder };
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return paths.map(() => UNKNOWN); // the names are enough to choose by
  }
}
