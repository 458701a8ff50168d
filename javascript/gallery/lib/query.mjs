import { COLONS, COMMAS, DASHES, QUOTES, RELATIONS, trimmed } from './signs.mjs';

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
 * @property {boolean} isGroup  the value is a query of its own
 * @property {boolean} isWord  without quotes
 * @property {number} start  where it stands in the query
 * @property {number} end
 * @property {number} [list]  which list of alternatives it is in
 *
 * @typedef {'all'|'any'|'none'} Group
 * @typedef {{all: Term[], any: Term[], none: Term[]}} Groups
 */

/** The names that mean something before a colon; before another one it is text. */
export const FIELDS = [
  'prompt',
  'negative',
  'workflow',
  'any',
  'model',
  'hash',
  'sampler',
  'lora',
  'seed',
  'steps',
  'cfg',
  'size',
  'width',
  'height',
  'ratio',
  'aspect',
  'mp',
  'duration',
  'denoise',
  'guidance',
  'shift',
  'clip',
  'score',
  'nsfw',
  'autotag',
  'fps',
  'frames',
  'vae',
  'scheduler',
  'node',
  'param',
  'has',
  'source',
  'tag',
  'rating',
  'rated',
  'album',
  'name',
  'path',
  'folder',
  'ext',
  'type',
  'date',
  'created',
  'bytes',
  'look',
  'dup',
  'stack',
  'missing',
  're',
];
/** Fields whose values can begin with a name, as in ``lora:detail>0.6``. */
const NAMING_FIELDS = ['lora', 'param', 'autotag'];
const GAP = `[\\s${COMMAS}]`;
const END = `(?=${GAP}|$)`;
const MINUS = `[${DASHES}](?=[^\\s${DASHES}])`;
const FIELD = `(?:${FIELDS.filter((name) => name !== 're').join('|')})[${COLONS}]`;
/** A regular expression, as in ``re:/fox/``. */
const PATTERN = `re[${COLONS}]/(?<pattern>(?:\\\\.|[^/\\\\])*)/${END}`;
const GROUP = `[(\uff08](?=[^()\uff08\uff09]*${GAP})(?<group>[^()\uff08\uff09]*)[)\uff09]${END}`;
/** A field whose value is still being typed. */
const EMPTY = `(?<empty>${FIELD})(?=${GAP}+(?:${MINUS}|OR${END}|${FIELD})|${GAP}*$|\\s*[${COMMAS}])`;
const QUOTE = `["${QUOTES}]`;
/** ``model:="dream 8"``: the whole name. */
const WHOLE = `(?<whole>=(?=${QUOTE}))?`;
const PREFIX = `(?:(?<field>${FIELD})\\s*${WHOLE}|(?<expression>re[${COLONS}])(?=["/${QUOTES}]))?`;
const INSIDE = '(?:\\\\["\\\\]|[^"\\\\]|\\\\(?!["\\\\]))*';
const CURLY = `[^"\\\\${QUOTES}]*`;
const LETTERS = `(?:[^\\s${COMMAS}]|(?<=[0-9]),(?=[0-9]))+`;
const NAME = `(?:"${INSIDE}"|${QUOTE}${CURLY}${QUOTE}|[^\\s"${QUOTES}${COMMAS}${RELATIONS}]+)`;
const WANTED = `(?:"${INSIDE}"${END}|${QUOTE}${CURLY}${QUOTE}${END}|(?!${QUOTE})${LETTERS})`;
const NAMING = `(?:${NAMING_FIELDS.join('|')})[${COLONS}]`;
/** A value that begins with a name of its own is kept as it stands: ``param:"Clip skip">1``. */
const NAMED = `(?<naming>${NAMING})\\s*(?<named>${NAME}[${RELATIONS}]+${WANTED})`;
const PHRASE = `"(?<phrase>${INSIDE})"${END}`;
const QUOTED = `${QUOTE}(?<quoted>${CURLY})[${QUOTES}]${END}`;
const CLOSED = `[${QUOTES}](?<closed>${CURLY})"${END}`;
const WORD = `(?<word>${LETTERS})`;
const VALUE = `(?:${PHRASE}|${QUOTED}|${CLOSED}|${WORD})`;
const ANY = [PATTERN, GROUP, EMPTY, NAMED, `${PREFIX}${VALUE}`].join('|');
const TERM = new RegExp(`${GAP}*(?<minus>${MINUS})?(?:${ANY})`, 'iy');
const LEADING = new RegExp(`^${GAP}*`);
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
    const [whole] = match;
    const parts = /** @type {Record<string, string|undefined>} */ (match.groups);
    const end = match.index + whole.length;
    const typed = whole.replace(LEADING, '');
    const field = (parts.naming ?? parts.field ?? parts.expression ?? parts.empty ?? ' ')
      .slice(0, -1)
      .toLowerCase();
    found.push({
      text: parts.minus ? typed.slice(1) : typed,
      field,
      negated: parts.minus !== undefined,
      isPattern: parts.pattern !== undefined,
      isGroup: parts.group !== undefined,
      isWord: parts.word !== undefined,
      value: valueOf(parts, field),
      start: end - typed.length,
      end,
    });
  }
  return found;
}

/**
 * @param {Record<string, string|undefined>} parts
 * @param {string} field
 * @returns {string}
 */
function valueOf({ pattern, group, named, phrase, quoted, closed, word, whole = '' }, field) {
  if (pattern !== undefined) return pattern.replaceAll('\\/', '/');
  if (named !== undefined) return trimmed(named);
  if (phrase !== undefined) return whole + phrase.replace(/\\(["\\])/g, '$1');
  if (word !== undefined) return field === 're' ? word : trimmed(whole + word);
  return group?.trim() ?? whole + (quoted ?? closed ?? '');
}

/** @param {Term} term */
function isOr(term) {
  return term.text === OR && !term.negated;
}

/**
 * The terms of a query as it demands them: each a list of alternatives, mostly of one.
 * @param {string} query
 * @returns {{terms: Term[], isJoined: boolean}[]}  isJoined: there is an ``OR``, be it without another one
 */
export function demands(query) {
  /** @type {{terms: Term[], isJoined: boolean}[]} */
  const found = [];
  let joins = false;
  for (const term of tokens(query)) {
    const last = found[found.length - 1];
    if (isOr(term)) {
      joins = last !== undefined;
      if (last) last.isJoined = true;
    } else if (joins) {
      last.terms.push(term);
      joins = false;
    } else found.push({ terms: [term], isJoined: false });
  }
  return found;
}

/**
 * Terms by what they ask for: all of these, any of these, none of these. A term that is moved joins the
 * first list of alternatives.
 * @param {string} query
 * @returns {Groups}
 */
export function groupsOf(query) {
  /** @type {Groups} */
  const groups = { all: [], any: [], none: [] };
  demands(query).forEach(({ terms: list, isJoined }, number) => {
    for (const term of list) {
      if (isJoined) groups.any.push({ ...term, list: number });
      else groups[term.negated ? 'none' : 'all'].push(term);
    }
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
  /** @type {Map<number, Term[]>} */
  const lists = new Map();
  for (const term of any) {
    const number = term.list ?? any[0].list ?? 0;
    lists.set(number, [...(lists.get(number) ?? []), term]);
  }
  const alternatives = [...lists.values()].map(alternativesOf);
  return [
    ...all.map(({ text }) => text),
    ...none.map(({ text }) => `-${text}`),
    ...alternatives,
    any.length === 1 ? OR : '',
  ]
    .filter(Boolean)
    .join(' ');
}

/**
 * @param {Term[]} list
 * @returns {string}
 */
export function alternativesOf(list) {
  return list.map(({ negated, text }) => (negated ? `-${text}` : text)).join(` ${OR} `);
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
  return queryOf({
    ...rest,
    [to]: [...rest[to], { ...term, list: undefined, negated: to === 'none' }],
  });
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
 * What the files of a stack have in common, where a query is about the files of one.
 * @param {string} query
 * @returns {import('./types.mjs').StackKind|null}
 */
export function openStack(query) {
  const stacks = demands(query).flatMap(({ terms: list }) =>
    list.length === 1 && list[0].field === 'stack' && !list[0].negated ? list : [],
  );
  return stacks.length ? stackKind(stacks[0].value) : null;
}

/**
 * @param {string} name  of a stack
 * @returns {import('./types.mjs').StackKind|null}
 */
export function stackKind(name) {
  const kind = name.split('-', 1)[0];
  return kind === 'prompt' || kind === 'batch' || kind === 'seed' ? kind : null;
}

/**
 * The query limited to the files of stacks, or of one.
 * @param {string} query
 * @param {string[]} stacks  terms
 * @returns {string}
 */
export function inStacks(query, stacks) {
  // In front: an ``OR`` at the end of the query would take the term in.
  return [stacks.join(` ${OR} `), queryOf(groupsOf(query))].filter(Boolean).join(' ');
}

/**
 * The query without being limited to stacks.
 * @param {string} query
 * @returns {string}
 */
export function withoutStacks(query) {
  const rest = demands(query).filter(({ terms: list }) =>
    list.some(({ field }) => field !== 'stack'),
  );
  return rest.map(({ terms: list }) => alternativesOf(list)).join(' ');
}

/** Fields of texts: after ``=`` the value is all of the text. */
const TEXT_FIELDS = [
  'prompt',
  'negative',
  'workflow',
  'any',
  'name',
  'path',
  'folder',
  'hash',
  'model',
  'lora',
  'sampler',
  'scheduler',
  'vae',
  'node',
  'source',
  'tag',
  'album',
  'autotag',
];
/** What can stand without quotes; a phone's signs mean something too. */
const PLAIN = new RegExp(`^[^\\s"\\\\*${COMMAS}${QUOTES}]+$`);

const HAS_RELATION = new RegExp(`[${RELATIONS}]`);

/**
 * A term for a value of a field, quoted where it has to be.
 * @param {string} field
 * @param {string} value
 * @returns {string}
 */
export function fieldTerm(field, value) {
  // At the start of a value of these, ``=`` means all of it.
  if (TEXT_FIELDS.includes(field) && value.startsWith('='))
    return fieldTerm(field, `x${value}`).replace(/:("?)x=/, (_, quote) => `:=${quote}=`);
  const isRead =
    (field === '' && /[:-]|^OR$/.test(value)) ||
    (NAMING_FIELDS.includes(field) && HAS_RELATION.test(value));
  const plain = PLAIN.test(value) && trimmed(value) === value && !isRead;
  return `${field ? `${field}:` : ''}${plain ? value : `"${value.replace(/(["\\])/g, '\\$1')}"`}`;
}
