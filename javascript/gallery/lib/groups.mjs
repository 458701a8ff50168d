/** @typedef {import('./days.mjs').Day} Day */
/** @typedef {import('./types.mjs').Root} Root */

import { modelName } from './parameters.mjs';
import { crumbs } from './paths.mjs';

/**
 * Files in a row that have one value of what they are sorted by, as the server counts them: a text, a
 * number, or a band ``low..high`` with one open end at most; '' for files without one.
 * @typedef {{value: string, count: number}} Group
 *
 * @typedef {{t: import('./i18n.mjs').Translate, formats: import('./format.mjs').Formats}} Words
 */

const KIB = 1024;
/** Sizes at which another band begins, as the server has them, in KB. */
const SIZES = [256, 512, 1024, 2048, 4096, 8192, 16_384, 65_536];
const BAND = /^([\d.]*)\.\.([\d.]*)$/;

/**
 * The band of a size.
 * @param {number} bytes
 * @returns {string}
 */
export function sizeBand(bytes) {
  const at = SIZES.filter((edge) => bytes >= edge * KIB).length;
  const edge = (/** @type {number} */ i) => (SIZES[i] === undefined ? '' : String(SIZES[i] * KIB));
  return `${edge(at - 1)}..${edge(at)}`;
}

/**
 * The first letter of a name; all digits are one.
 * @param {string} name
 * @returns {string}
 */
export function letterOf(name) {
  const [first = ''] = name;
  return /\d/.test(first) ? '0-9' : first.toUpperCase();
}

/**
 * The days of some dates in order, as midnights where the user is.
 * @param {number} count
 * @param {(index: number) => number} dateAt  seconds
 * @returns {Day[]}
 */
export function daysOfDates(count, dateAt) {
  /** @type {Day[]} */
  const days = [];
  let [from, to] = [NaN, NaN];
  for (let i = 0; i < count; i += 1) {
    const date = dateAt(i);
    if (date >= from && date < to) days[days.length - 1].count += 1;
    else {
      const day = new Date(date * 1000);
      const [year, month, number] = [day.getFullYear(), day.getMonth(), day.getDate()];
      from = new Date(year, month, number).getTime() / 1000;
      to = new Date(year, month, number + 1).getTime() / 1000;
      days.push({ start: from, count: 1 });
    }
  }
  return days;
}

/**
 * Runs of one value.
 * @param {number} count
 * @param {(index: number) => string} valueAt
 * @returns {Group[]}
 */
export function groupsOfValues(count, valueAt) {
  /** @type {Group[]} */
  const groups = [];
  for (let i = 0; i < count; i += 1) {
    const value = valueAt(i);
    const last = groups[groups.length - 1];
    if (last?.value === value) last.count += 1;
    else groups.push({ value, count: 1 });
  }
  return groups;
}

/**
 * What stands above the files of a group.
 * @param {string} sort  as the server names it
 * @param {string} value
 * @param {Words} words
 * @param {Root[]} roots
 * @returns {string}
 */
export function groupName(sort, value, { t, formats }, roots) {
  const field = sort.startsWith('param:')
    ? sort.slice('param:'.length)
    : t(`sort.${sort === 'bytes' ? 'size' : sort}`);
  if (value === '') return t('group.none', { field });
  if (sort === 'model') return modelName(value);
  if (sort === 'name' || NAMED.includes(sort)) return value;
  if (sort === 'path')
    return crumbs(value, roots)
      .map(({ name }) => name)
      .join(' / ');
  if (sort === 'type') return t(`media.${value}`);
  if (sort === 'ratio') return t(`aspect.${value}`);
  if (sort === 'rating') return t('marks.stars', { count: Number(value) });
  const band = BAND.exec(value);
  return band ? bandName(sort, band[1], band[2], { t, formats }) : `${field}: ${value}`;
}

/** Sorts whose values are names themselves. */
const NAMED = ['source', 'sampler', 'scheduler'];

/**
 * @param {string} sort
 * @param {string} low
 * @param {string} high
 * @param {Words} words
 */
function bandName(sort, low, high, { t, formats }) {
  const text = (/** @type {string} */ edge) => amount(sort, Number(edge), formats);
  if (!low) return t('group.under', { value: text(high) });
  if (!high) return t('group.from', { value: text(low) });
  return `${text(low)} – ${text(high)}`;
}

/**
 * @param {string} sort
 * @param {number} value
 * @param {Words['formats']} formats
 */
function amount(sort, value, formats) {
  if (sort === 'bytes') return formats.bytes(value);
  if (sort === 'pixels') return `${value / 1e6} MP`;
  if (sort === 'duration') return value < 60 ? `${value} s` : `${value / 60} min`;
  return `${formats.number(value)} px`;
}
