import { kindOf } from './media.mjs';

/** @typedef {import('./types.mjs').FileInfo} FileInfo */
/** @typedef {import('./types.mjs').Item} Item */
/** @typedef {import('./types.mjs').Kind} Kind */

/** @type {Kind[]} */
export const KINDS = ['dir', 'image', 'video', 'audio', 'other'];

/** What a plain listing does not tell of a file. */
const UNKNOWN = Object.freeze({
  online: true,
  is: /** @type {const} */ ('known'),
  id: 0,
  width: 0,
  height: 0,
  duration: 0,
  rating: 0,
  color: '',
});

/**
 * A listing by columns: twenty thousand objects of eight fields are garbage that the page would carry along.
 * @typedef {Object} Columns
 * @property {number} count
 * @property {string[]} names
 * @property {string[]} paths
 * @property {Float64Array} dates
 * @property {Float64Array} bytes
 * @property {Uint8Array} kinds  indexes into KINDS
 * @property {Float32Array|null} ratios  width by height, 0 where it is not known; null where not asked for
 * @property {number} hidden  how many files are left out because they are no media
 */

/**
 * Folders and media of a listing, in the server's order.
 * @param {FileInfo[]} files
 */
export function toColumns(files) {
  return gather(files.length, {
    name: (i) => files[i].name,
    path: (i) => files[i].fullpath,
    date: (i) => files[i].date,
    bytes: (i) => files[i].bytes,
    isFolder: (i) => files[i].type === 'dir',
    ratio: null,
  });
}

/**
 * The same of a folder that the server tells by column.
 * @param {import('./types.mjs').ListingAnswer} answer
 */
export function fromAnswer({ prefix, name, date, bytes, folders, width, height }) {
  const isFolder = new Uint8Array(name.length);
  for (const i of folders) isFolder[i] = 1;
  return gather(name.length, {
    name: (i) => name[i],
    path: (i) => prefix + name[i],
    date: (i) => date[i],
    bytes: (i) => bytes[i],
    isFolder: (i) => isFolder[i] === 1,
    ratio: width && height && ((i) => (width[i] && height[i] ? width[i] / height[i] : 0)),
  });
}

/**
 * @param {number} length
 * @param {{name: (i: number) => string, path: (i: number) => string, date: (i: number) => number, bytes: (i:
 *   number) => number, isFolder: (i: number) => boolean,
 *   ratio: ((i: number) => number)|null}} of
 * @returns {Columns}
 */
function gather(length, of) {
  const names = [];
  const paths = [];
  const dates = new Float64Array(length);
  const bytes = new Float64Array(length);
  const kinds = new Uint8Array(length);
  const ratios = of.ratio && new Float32Array(length);
  let count = 0;
  for (let i = 0; i < length; i += 1) {
    const name = of.name(i);
    const kind = of.isFolder(i) ? 'dir' : kindOf(name);
    if (kind === 'other') continue;
    names.push(name);
    paths.push(of.path(i));
    dates[count] = of.date(i);
    bytes[count] = of.bytes(i);
    kinds[count] = KINDS.indexOf(kind);
    if (ratios && of.ratio) ratios[count] = of.ratio(i);
    count += 1;
  }
  return {
    count,
    names,
    paths,
    dates: dates.subarray(0, count),
    bytes: bytes.subarray(0, count),
    kinds: kinds.subarray(0, count),
    ratios: ratios && ratios.subarray(0, count),
    hidden: length - count,
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
    count: rows.length,
    names: rows.map((i) => columns.names[i]),
    paths: rows.map((i) => columns.paths[i]),
    dates: Float64Array.from(rows, (i) => columns.dates[i]),
    bytes: Float64Array.from(rows, (i) => columns.bytes[i]),
    kinds: Uint8Array.from(rows, (i) => columns.kinds[i]),
    ratios: columns.ratios && Float32Array.from(rows, (i) => columns.ratios?.[i] ?? 0),
    hidden: columns.hidden,
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
    ...UNKNOWN,
    name: columns.names[i],
    path: columns.paths[i],
    date: columns.dates[i],
    bytes: columns.bytes[i],
    kind: KINDS[columns.kinds[i]],
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
    if (a.dates[i] !== b.dates[i] || a.bytes[i] !== b.bytes[i] || a.paths[i] !== b.paths[i])
      return false;
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
