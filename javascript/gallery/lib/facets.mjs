import { alternativesOf, demands, terms } from './query.mjs';

/**
 * Facets of a search: which of its terms are about a facet, and the query with another choice of values.
 *
 * @typedef {import('./query.mjs').Term} Term
 * @typedef {{value: string, term: string, count: number}} FacetValue
 * @typedef {Object} Facet
 * @property {string} name
 * @property {boolean} exact  false: the counts are estimates
 * @property {boolean} more  there are other values
 * @property {FacetValue[]} values
 * @property {string} [first]  of dates: the day of the oldest file
 * @property {string} [last]
 *
 * @typedef {Object} FacetsAnswer
 * @property {number} total
 * @property {boolean} total_is_exact
 * @property {boolean} exact
 * @property {Facet[]} facets
 *
 * A value that can be chosen; count null: it is not known.
 * @typedef {{name: string, term: string, count: number|null, isChosen: boolean}} Choice
 */

/** The facets in the order of the panel, with the fields of the query that are about each. */
export const FACETS = {
  rating: ['rating', 'rated'],
  date: ['date'],
  model: ['model'],
  lora: ['lora'],
  sampler: ['sampler'],
  aspect: ['aspect', 'ratio'],
  size: ['size', 'width', 'height'],
  source: ['source'],
  tag: ['tag'],
  album: ['album'],
  type: ['type'],
  param: ['param'],
};

/** @typedef {keyof typeof FACETS} FacetName */

export const FACET_NAMES = /** @type {FacetName[]} */ (Object.keys(FACETS));
const AT_LEAST = /^>=([1-5])$/;
const DAYS = /^(\d{4}-\d{2}-\d{2})?\.\.(\d{4}-\d{2}-\d{2})?$/;

/**
 * The terms of a query that choose values of a facet; what excludes values is none.
 * @param {string} query
 * @param {FacetName} facet
 * @returns {Term[]}
 */
export function chosen(query, facet) {
  return demands(query).flatMap(({ terms: list }) => (isAbout(facet, list) ? list : []));
}

/**
 * How many facets have a choice in a query.
 * @param {string} query
 */
export function countChosen(query) {
  return FACET_NAMES.filter((facet) => chosen(query, facet).length > 0).length;
}

/**
 * The query with a value chosen that is not, or no longer chosen: beside other values of its facet it is
 * an alternative.
 * @param {string} query
 * @param {FacetName} facet
 * @param {string} term
 * @returns {string}
 */
export function toggle(query, facet, term) {
  const [wanted] = terms(term);
  let isDone = false;
  const lists = demands(query).map(({ terms: list }) => {
    if (isDone || !isAbout(facet, list)) return list;
    isDone = true;
    const rest = list.filter((one) => !isSame(one, wanted));
    return rest.length < list.length ? rest : [...list, wanted];
  });
  return written(isDone ? lists : [...lists, [wanted]]);
}

/**
 * The query with one term in place of all choices of a facet.
 * @param {string} query
 * @param {FacetName} facet
 * @param {string} term  '' where nothing is chosen
 * @returns {string}
 */
export function choose(query, facet, term) {
  const lists = demands(query).map(({ terms: list }) => list);
  const others = lists.filter((list) => !isAbout(facet, list));
  return written(term ? [...others, terms(term)] : others);
}

/**
 * The query without any choice of a facet.
 * @param {string} query
 * @returns {string}
 */
export function clear(query) {
  return FACET_NAMES.reduce((rest, facet) => choose(rest, facet, ''), query);
}

/**
 * The least number of stars that a query asks for; 0 where it does not.
 * @param {string} query
 * @returns {number}
 */
export function leastStars(query) {
  const [term, another] = chosen(query, 'rating');
  return term && !another ? Number(AT_LEAST.exec(term.value)?.[1] ?? 0) : 0;
}

/**
 * The days that a query is limited to, as ``from..to``; '' for an end that is open.
 * @param {string} query
 * @returns {{from: string, to: string}}
 */
export function daysOf(query) {
  const [term, another] = chosen(query, 'date');
  const match = term && !another ? DAYS.exec(term.value) : null;
  return { from: match?.[1] ?? '', to: match?.[2] ?? '' };
}

/**
 * The query limited to days; in either order, because one end is entered before the other.
 * @param {string} query
 * @param {string} from
 * @param {string} to
 */
export function limitDays(query, from, to) {
  const [first, last] = from && to && from > to ? [to, from] : [from, to];
  return choose(query, 'date', first || last ? `date:${first}..${last}` : '');
}

/**
 * What can be chosen of a facet, and what is: chosen values that the server has not counted come first.
 * @param {string} query
 * @param {Facet} facet
 * @returns {Choice[]}
 */
export function choicesOf(query, { name, values }) {
  const facet = /** @type {FacetName} */ (name);
  const own = chosen(query, facet).filter((term) => !isOfControl(facet, term));
  const listed = values.map(({ value, term, count }) => {
    const [wanted] = terms(term);
    return { name: value, term, count, isChosen: own.some((one) => isSame(one, wanted)), wanted };
  });
  const others = own.filter((one) => !listed.some(({ wanted }) => isSame(one, wanted)));
  return [
    ...others.map((one) => ({ name: nameOf(one), term: one.text, count: null, isChosen: true })),
    ...listed.map(({ wanted: _, ...choice }) => choice),
  ];
}

/**
 * Whether a term is what the stars or the days of the panel say.
 * @param {FacetName} facet
 * @param {Term} term
 */
function isOfControl(facet, { value }) {
  return (facet === 'rating' && AT_LEAST.test(value)) || (facet === 'date' && DAYS.test(value));
}

/** @param {Term} term */
function nameOf({ value }) {
  return value.replace(/^=(?=.)/, '');
}

/**
 * Whether each of some alternatives chooses a value of a facet.
 * @param {FacetName} facet
 * @param {Term[]} list
 */
function isAbout(facet, list) {
  return list.every(({ field, negated }) => !negated && FACETS[facet].includes(field));
}

/**
 * @param {Term} one
 * @param {Term} other
 */
function isSame(one, other) {
  return one.field === other.field && one.value.toLowerCase() === other.value.toLowerCase();
}

/** @param {Term[][]} lists */
function written(lists) {
  return lists.map(alternativesOf).filter(Boolean).join(' ');
}
