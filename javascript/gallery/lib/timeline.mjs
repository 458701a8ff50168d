/** @typedef {import('./days.mjs').Day} Day */

/**
 * Days of the server's answer, as midnights where the user is.
 * @param {{day: string, count: number}[]} buckets  day: ``2025-03-14``
 * @returns {Day[]}
 */
export function daysOf(buckets) {
  return buckets.map(({ day, count }) => {
    const [year, month, date] = day.split('-').map(Number);
    return { start: new Date(year, month - 1, date).getTime() / 1000, count };
  });
}

/**
 * The first position of each day.
 * @param {Day[]} days
 * @returns {Uint32Array}
 */
export function startsOf(days) {
  const starts = new Uint32Array(days.length);
  for (let i = 1; i < days.length; i += 1) starts[i] = starts[i - 1] + days[i - 1].count;
  return starts;
}

/**
 * The day that a position is in.
 * @param {Uint32Array} starts
 * @param {number} index
 * @returns {number}  number of the day; -1 where there are none
 */
export function dayAt(starts, index) {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= index) low = middle;
    else high = middle - 1;
  }
  return high < 0 ? -1 : low;
}

/**
 * The day that holds a date, or the nearest to it.
 * @param {Day[]} days  in either order
 * @param {number} date  seconds
 * @returns {number}  -1 where there are none
 */
export function nearestDay(days, date) {
  let best = -1;
  for (let i = 0; i < days.length; i += 1) {
    if (best < 0 || distance(days[i], date) < distance(days[best], date)) best = i;
  }
  return best;
}

/**
 * @param {Day} day
 * @param {number} date
 */
function distance({ start }, date) {
  return date >= start ? Math.max(0, date - start - 86_399) : start - date;
}

/**
 * How many items came to be there since: what days have more of, not what they have less of.
 * @param {Day[]} before
 * @param {Day[]} after
 * @returns {number}
 */
export function countNew(before, after) {
  const known = new Map(before.map(({ start, count }) => [start, count]));
  return after.reduce(
    (sum, { start, count }) => sum + Math.max(0, count - (known.get(start) ?? 0)),
    0,
  );
}

/**
 * A position in terms that outlive items that come and go: so many before the end of its day,
 * because new ones mostly come at its beginning.
 * @typedef {{day: number, rest: number}} Spot  day: its start, 0 where the list has no days; rest: the
 *   position itself there
 */

/**
 * @param {number} index
 * @param {Day[]} days
 * @param {Uint32Array} starts
 * @returns {Spot}
 */
export function spotOf(index, days, starts) {
  const number = dayAt(starts, index);
  return number < 0
    ? { day: 0, rest: index }
    : { day: days[number].start, rest: starts[number] + days[number].count - index };
}

/**
 * Where that is in a list that may have changed since.
 * @param {Spot} spot
 * @param {Day[]} days
 * @param {Uint32Array} starts
 * @returns {number}  -1 in an empty list
 */
export function indexOfSpot({ day, rest }, days, starts) {
  const number = day ? nearestDay(days, day) : -1;
  if (number < 0) return day ? -1 : rest;
  if (days[number].start !== day) return starts[number];
  return starts[number] + Math.max(0, days[number].count - rest);
}
