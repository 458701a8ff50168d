/**
 * @typedef {{start: number, count: number, name?: string}} Day  start: midnight in seconds; count: how many
 *   items in a row are of this day. With a name it is no day, but what else items have in common
 */

/**
 * Days that share a row, or one day that fills more.
 * @typedef {Object} DayGroup
 * @property {{start: number, left: number, name?: string, month?: number}[]} days  left: pixels; month: the
 *   start again where another month begins within the row
 * @property {{count: number, left: number}[]} runs
 * @property {number} count
 * @property {number|null} month  start of the first day of a month that begins here, which gets a heading of
 *   its own
 */

/** Between days that share a row. */
const DAY_GAP = 24;

/**
 * Days in order, as many small ones of a month side by side as fit into one row, so that a quiet
 * month is not a column of single pictures. A month of which all fits joins a row of others that
 * begins with its month, so that a quiet year is no column of months.
 * @param {Day[]} days
 * @param {{width: number, columns: number, gap: number, heading: number}} look  heading: the least width of
 *   a day, for its heading
 * @returns {DayGroup[]}
 */
export function packDays(days, { width, columns, gap, heading }) {
  const pitch = (width + gap) / columns;
  const narrowest = Math.ceil(heading / pitch);
  /** @type {DayGroup[]} */
  const groups = [];
  let end = Infinity;
  let month = NaN;
  const slotsOf = (/** @type {number} */ size) => Math.max(size, narrowest) * pitch;
  for (const [i, { start, count, name }] of days.entries()) {
    const slots = slotsOf(count);
    const group = groups[groups.length - 1];
    const before = month;
    month = name === undefined ? monthOf(start) : 0;
    const isSame = month === before;
    const needs = isSame ? slots : roomOfMonth(days, i, slotsOf);
    const joins = group && (isSame || group.month !== null);
    const fits = joins && end + DAY_GAP + needs <= width + gap;
    const left = fits ? Math.round(end + DAY_GAP) : 0;
    if (fits) {
      group.days.push(isSame ? { start, left, name } : { start, left, name, month: start });
      group.runs.push({ count, left });
      group.count += count;
    } else
      groups.push({
        days: [{ start, left, name }],
        runs: [{ count, left }],
        count,
        month: isSame || name !== undefined ? null : start,
      });
    end = left + slots;
  }
  return groups;
}

/**
 * The width that all days of a month need side by side.
 * @param {Day[]} days
 * @param {number} first  day of the month
 * @param {(count: number) => number} slotsOf
 */
function roomOfMonth(days, first, slotsOf) {
  const month = monthOf(days[first].start);
  let room = 0;
  for (let i = first; i < days.length && monthOf(days[i].start) === month; i += 1)
    room += (i > first ? DAY_GAP : 0) + slotsOf(days[i].count);
  return room;
}

/**
 * A number that two moments share if they are in the same month, where the user is.
 * @param {number} date  seconds
 * @returns {number}
 */
export function monthOf(date) {
  const day = new Date(date * 1000);
  return day.getFullYear() * 12 + day.getMonth();
}

/**
 * Days of a month as one, for a grid in which a day of few pictures would stand alone in its row.
 * @param {Day[]} days
 * @returns {Day[]}
 */
export function byMonth(days) {
  /** @type {Day[]} */
  const months = [];
  let month = NaN;
  for (const { start, count } of days) {
    if (monthOf(start) === month) {
      const last = months[months.length - 1];
      last.count += count;
      last.start = Math.min(last.start, start);
    } else months.push({ start, count });
    month = monthOf(start);
  }
  return months;
}
