/**
 * A saved search, within a folder or everywhere (``folder`` null); without a query a pinned folder.
 * @typedef {{name: string, query: string, folder: string|null}} Saved
 */

/**
 * What is stored, as it is kept now and as plain texts of earlier versions; null where it is neither.
 * @param {unknown} stored
 * @returns {Saved[]|null}
 */
export function readSaved(stored) {
  if (!Array.isArray(stored)) return null;
  return stored.flatMap((one) => {
    if (typeof one === 'string') return [{ name: one, query: one, folder: null }];
    const { name, query, folder } = Object(one);
    const isUsable = typeof name === 'string' && typeof query === 'string' && (query || folder);
    return isUsable ? [{ name, query, folder: typeof folder === 'string' ? folder : null }] : [];
  });
}

/**
 * Whether two lead to the same place.
 * @param {Pick<Saved, 'query'|'folder'>} one
 * @param {Pick<Saved, 'query'|'folder'>} other
 */
export function isSamePlace(one, other) {
  return one.query === other.query && one.folder === other.folder;
}

/**
 * A text that tells it from all others.
 * @param {Pick<Saved, 'query'|'folder'>} one
 */
export function keyOfSaved({ query, folder }) {
  return JSON.stringify([query, folder]);
}
