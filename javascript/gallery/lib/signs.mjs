/**
 * Signs as keyboards, phones and copied texts have them, as in the server's `search/signs.py`.
 */

export const DASHES = '\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d-';
/** Other than the plain one; any of them closes what any of them opens. */
export const QUOTES = '\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02';
export const COLONS = ':\uff1a';
/** Between a name and what is wanted of its value: comparisons and colons. */
export const RELATIONS = `<>=\u2264\u2265\uff1c\uff1d\uff1e${COLONS}`;
export const COMMAS = ',\uff0c\u3001';

/** @type {Record<string, string>} */
const BRACKETS = {
  '(': ')',
  '[': ']',
  '{': '}',
  '\uff08': '\uff09',
  '\u3010': '\u3011',
  '\u300c': '\u300d',
  '\u300e': '\u300f',
};
/** @type {Record<string, string>} */
const OPENING = Object.fromEntries(
  Object.entries(BRACKETS).map(([opening, closing]) => [closing, opening]),
);
const MEANS = /[\p{L}\p{N}]/u;

/**
 * A word without brackets around it, brackets that nothing opens or closes at its ends, and a
 * semicolon behind it. A word with a weight, as `(fox:1.2)`, and one of signs stay as they are.
 * @param {string} word
 * @returns {string}
 */
export function trimmed(word) {
  for (let rest = word; ;) {
    const shorter = shortened(rest);
    if (!MEANS.test(shorter)) return word;
    if (shorter === rest) return rest;
    rest = shorter;
  }
}

/** @param {string} word */
function shortened(word) {
  const first = word.slice(0, 1);
  const last = word.slice(-1);
  if (last === ';') return word.slice(0, -1);
  if (BRACKETS[first] === last && !word.includes(':')) return word.slice(1, -1);
  if (OPENING[last] && count(word, OPENING[last]) < count(word, last)) return word.slice(0, -1);
  if (BRACKETS[first] && count(word, first) > count(word, BRACKETS[first])) return word.slice(1);
  return word;
}

/**
 * @param {string} word
 * @param {string} sign
 */
function count(word, sign) {
  return word.split(sign).length - 1;
}
