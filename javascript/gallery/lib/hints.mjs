/** @typedef {import('./types.mjs').Elsewhere} Elsewhere */
/** @typedef {import('./types.mjs').QueryHint} QueryHint */
/** @typedef {{t: import('./i18n.mjs').Translate}} Words */
/** @typedef {{elsewhere?: Elsewhere|null, hints?: QueryHint[]}} Said  what a list says about its query */

/** Terms that can find nothing: they are said where a search that is not understood is explained. */
const IMPOSSIBLE = ['empty_range', 'out_of_range'];
/** @type {Record<string, string>}  what is said of words that are operators elsewhere */
const OPERATORS = {
  and_is_a_word: 'search.andIsWord',
  or_is_a_word: 'search.orIsWord',
  not_is_a_word: 'search.notIsWord',
};

/**
 * What may have been meant otherwise in the query of a list.
 * @param {object|null} list
 * @returns {QueryHint[]}
 */
export function hintsOf(list) {
  return /** @type {Said} */ (list ?? {}).hints ?? [];
}

/**
 * A sentence for each name in the query of a list that is no field, and for each operator of
 * another language.
 * @param {Words} words
 * @param {object|null} list
 */
export function hintText({ t }, list) {
  return hintsOf(list)
    .filter(({ code }) => !IMPOSSIBLE.includes(code))
    .map((hint) =>
      t(OPERATORS[hint.code] ?? (hint.nearest ? 'search.nearest' : 'search.unknown'), { ...hint }),
    )
    .join(' ');
}

/**
 * A sentence for each term in the query of a list that can find nothing.
 * @param {Words} words
 * @param {object|null} list
 */
export function impossibleText({ t }, list) {
  return hintsOf(list)
    .filter(({ code }) => IMPOSSIBLE.includes(code))
    .map(({ code, name, nearest }) => {
      if (code === 'empty_range') return t('search.emptyRange', { name });
      const [low, high] = nearest.split('..');
      return high === ''
        ? t('search.tooSmall', { name, low })
        : t('search.outOfRange', { name, low, high });
    })
    .join(' ');
}

/**
 * Whether a term is an operator of another language: what is found without it says little.
 * @param {object|null} list
 * @param {string} term
 */
export function isOperator(list, term) {
  return hintsOf(list).some(({ code, name }) => code in OPERATORS && name === term);
}
