/** @typedef {import('../lib/columns.mjs').Columns} Columns */
/** @typedef {import('../lib/types.mjs').Root} Root */

/**
 * The roots of the library as a listing of folders.
 * @param {Root[]} roots
 * @returns {Columns}
 */
export function rootColumns(roots) {
  return {
    count: roots.length,
    names: roots.map((root) => root.name),
    paths: roots.map((root) => root.path),
    dates: new Float64Array(roots.length),
    bytes: new Float64Array(roots.length),
    kinds: new Uint8Array(roots.length),
    ratios: null,
    hidden: 0,
  };
}
