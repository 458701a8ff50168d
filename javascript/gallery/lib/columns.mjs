import { kindOf } from './media.mjs';

/** @typedef {import('./types.mjs').FileInfo} FileInfo */
/** @typedef {import('./types.mjs').Item} Item */
/** @typedef {import('./types.mjs').Kind} Kind */

/** @type {Kind[]} */
export const KINDS = ['dir', 'image', 'video', 'audio', 'other'];

/** What a plain listing does not tell of a file. */
const UNKNOWN = Object.freeze({ online: true, is: /** @type {const} */ ('known'), id: 0, width: 0, height: 0, duration: 0, rating: 0, color: '' });

/**
 * A listing by columns: twenty thousand objects of eight fields are garbage that the page would carry along.
 * @typedef {Object} Columns
 * @property {number} count
 * @property {string[]} names
 * @property {string[]} paths
 * @property {Float64Array} dates
 * @property {Float64Array} bytes
 * @property {Uint8Array} kinds  indexes into KINDS
 * @property {Float32Array|null} ratios  width by height, 0 where it is not known; null where nobody has asked
 * @property {number} hidden  how many files are left out because they are no media
 */

/**
 * Folders and media of a listing, in the server's order.
 * @param {FileInfo[]} files
 * @param {boolean} [sized]  their sizes were asked for
 * @returns {Columns}
 */
export function toColumns(files, sized = false) {
  const names = [];
  const paths = [];
  const dates = new Float64Array(files.length);
  const bytes = new Float64Array(files.length);
  const kinds = new Uint8Array(files.length);
  const ratios = sized ? new Float32Array(files.length) : null;
  let count = 0;
  for (const file of files) {
    const kind = file.type === 'dir' ? 'dir' : kindOf(file.name);
    if (kind === 'other') continue;
    names.push(file.name);
    paths.push(file.fullpath);
    dates[count] = file.date;
    bytes[count] = file.bytes;
    kinds[count] = KINDS.indexOf(kind);
    if (ratios && file.width && file.height) ratios[count] = file.width / file.height;
    count += 1;
  }
  return {
    count, names, paths, dates: dates.subarray(0, count), bytes: bytes.subarray(0, count), kinds: kinds.subarray(0, count),
    ratios: ratios && ratios.subarray(0, count), hidden: files.length - count,
  };
}

/**
 * The rows whose path is not among ``gone``.
 * @param {Columns} columns
 * @param {ReadonlySet<string>} gone
 * @returns {Columns}
 */
export function without(columns, gone) {
  const rows = [...columns.paths.keys()].filter((i) => !gone.has(columns.paths[i]));
  return {
    count: rows.length, names: rows.map((i) => columns.names[i]), paths: rows.map((i) => columns.paths[i]),
    dates: Float64Array.from(rows, (i) => columns.dates[i]), bytes: Float64Array.from(rows, (i) => columns.bytes[i]),
    kinds: Uint8Array.from(rows, (i) => columns.kinds[i]), ratios: columns.ratios && Float32Array.from(rows, (i) => columns.ratios?.[i] ?? 0), hidden: columns.hidden,
  };
}

/**
 * Row ``i`` of the columns as one object.
 * @param {Columns} columns
 * @param {number} i
 * @returns {Item}
 */
export function itemAt(columns, i) {
  return {
    ...UNKNOWN, name: columns.names[i], path: columns.paths[i], date: columns.dates[i], bytes: columns.bytes[i], kind: KINDS[columns.kinds[i]],
  };
}

/**
 * True where two listings show the same, so that nothing needs to be drawn again.
 * @param {Columns} a
 * @param {Columns} b
 * @returns {boolean}
 */
export function sameColumns(a, b) {
  if (a.count !== b.count) return false;
  for (let i = 0; i < a.count; i += 1) {
    if (a.dates[i] !== b.dates[i] || a.bytes[i] !== b.bytes[i] || a.paths[i] !== b.paths[i]) return false;
  }
  return true;
}

/**
 * Counts of folders and files, and the bytes of the files.
 * @param {Columns} columns
 * @returns {{folders: number, files: number, bytes: number}}
 */
export function totals(columns) {
  let folders = 0;
  let bytes = 0;
  for (let i = 0; i < columns.count; i += 1) {
    if (columns.kinds[i] === 0) folders += 1;
    else bytes += columns.bytes[i];
  }
  return { folders, files: columns.count - folders, bytes };
}
