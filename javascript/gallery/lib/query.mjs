/**
 * The terms of a search, read as the server reads them (`search/query.py`; both pass the cases of
 * tests/search/queries.json), and changes to them without typing.
 *
 * @typedef {Object} Term
 * @property {string} text  as typed, without a leading minus
 * @property {string} field  lower case; '' for plain words
 * @property {string} value  without quotes and escapes
 * @property {boolean} negated
 * @property {boolean} isPattern
 * @property {number} start  where it stands in the query
 * @property {number} end
 *
 * @typedef {'all'|'any'|'none'} Group
 * @typedef {{all: Term[], any: Term[], none: Term[]}} Groups
 */

/** A regular expression, as in ``re:/fox/``. */
const PATTERN = /re:\/((?:\\.|[^/\\])*)\/(?=\s|$)/;
/** The value of a field with a name of its own, kept as it stands: ``param:"Denoising strength">0.5``. */
const QUOTED = /"(?:\\["\\]|[^"\\]|\\(?!["\\]))*"/.source;
const NAMED = new RegExp(
  `([A-Za-z_]+):((?:${QUOTED}|[^\\s"<>=≤≥:]+)[<>=≤≥:]+(?:${QUOTED}(?=\\s|$)|[^\\s"]\\S*))`,
);
/** A word or a phrase in quotes, maybe of a field. */
const WORD = /(?:([A-Za-z_]+):(?=\S))?(?:"((?:\\["\\]|[^"\\]|\\(?!["\\]))*)"(?=\s|$)|(\S+))/;
const TERM = new RegExp(`\\s*(-(?=[^\\s-]))?(?:${PATTERN.source}|${NAMED.source}|${WORD.source})`, 'y');
const OR = 'OR';

/**
 * @param {string} query
 * @returns {Term[]}  without the words ``OR``
 */
export function terms(query) {
  return tokens(query).filter((term) => !isOr(term));
}

/**
 * @param {string} query
 * @returns {Term[]}
 */
function tokens(query) {
  const found = [];
  TERM.lastIndex = 0;
  for (let match = TERM.exec(query); match; match = TERM.exec(query)) {
    const [whole, minus, pattern, namedField, named, field, phrase, word] = match;
    const end = match.index + whole.length;
    const trimmed = whole.trimStart();
    found.push({
      text: minus ? trimmed.slice(1) : trimmed,
      field: (namedField ?? field ?? '').toLowerCase(),
      negated: minus !== undefined,
      isPattern: pattern !== undefined,
      value: named ?? valueOf(pattern, phrase, word),
      start: end - trimmed.length,
      end,
    });
  }
  return found;
}

/**
 * @param {string|undefined} pattern
 * @param {string|undefined} phrase
 * @param {string} word
 */
function valueOf(pattern, phrase, word) {
  if (pattern !== undefined) return pattern.replaceAll('\\/', '/');
  return phrase === undefined ? word : phrase.replace(/\\(["\\])/g, '$1');
}

/** @param {Term} term */
function isOr(term) {
  return term.text === OR && !term.negated;
}

/**
 * Terms by what they ask for: all of these, any of these, none of these. Several lists of
 * alternatives become one only where a term is moved.
 * @param {string} query
 * @returns {Groups}
 */
export function groupsOf(query) {
  /** @type {Groups} */
  const groups = { all: [], any: [], none: [] };
  const list = tokens(query);
  list.forEach((term, i) => {
    if (isOr(term)) return;
    const joined = (i > 1 && isOr(list[i - 1])) || (i + 1 < list.length && isOr(list[i + 1]));
    if (joined) groups.any.push(term);
    else if (term.negated) groups.none.push(term);
    else groups.all.push(term);
  });
  return groups;
}

/**
 * The query with these terms. A single alternative keeps its ``OR``, so that it can be told from
 * what must be there.
 * @param {Groups} groups
 * @returns {string}
 */
export function queryOf({ all, any, none }) {
  const alternatives = any.map((term) => (term.negated ? `-${term.text}` : term.text)).join(` ${OR} `);
  return [
    ...all.map(({ text }) => text),
    ...none.map(({ text }) => `-${text}`),
    any.length === 1 ? `${alternatives} ${OR}` : alternatives,
  ]
    .filter(Boolean)
    .join(' ');
}

/**
 * The query with one term in another group.
 * @param {string} query
 * @param {number} start  which term, by where it stands
 * @param {Group} to
 * @returns {string}
 */
export function moveTerm(query, start, to) {
  const groups = groupsOf(query);
  const term = terms(query).find((one) => one.start === start);
  if (!term) return query;
  const rest = without(groups, start);
  return queryOf({ ...rest, [to]: [...rest[to], { ...term, negated: to === 'none' }] });
}

/**
 * The query without one term.
 * @param {string} query
 * @param {number} start
 * @returns {string}
 */
export function removeTerm(query, start) {
  return queryOf(without(groupsOf(query), start));
}

/**
 * @param {Groups} groups
 * @param {number} start
 * @returns {Groups}
 */
function without({ all, any, none }, start) {
  const keep = (/** @type {Term} */ term) => term.start !== start;
  return { all: all.filter(keep), any: any.filter(keep), none: none.filter(keep) };
}

/**
 * A term for a value of a field, quoted where it has to be.
 * @param {string} field
 * @param {string} value
 * @returns {string}
 */
export function fieldTerm(field, value) {
  const plain = /^[^\s"\\]+$/.test(value) && !(field === '' && /[:-]|^OR$/.test(value));
  return `${field ? `${field}:` : ''}${plain ? value : `"${value.replace(/(["\\])/g, '\\$1')}"`}`;
}
