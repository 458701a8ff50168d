/** @typedef {import('../lib/types.mjs').Elsewhere} Elsewhere */
/** @typedef {import('../lib/types.mjs').QueryHint} QueryHint */
/** @typedef {{elsewhere?: Elsewhere|null, hints?: QueryHint[]}} Said  what a list says about its query */

/**
 * A sentence for each name in the query of a list that is no field.
 * @param {Pick<import('./parts.mjs').Parts['words'], 't'>} words
 * @param {object|null} list
 */
export function hintText({ t }, list) {
  const { hints = [] } = /** @type {Said} */ (list ?? {});
  return hints
    .map((hint) => t(hint.nearest ? 'search.nearest' : 'search.unknown', { ...hint }))
    .join(' ');
}
