/** @typedef {{start: number, count: number}} Day  start: midnight in seconds; count: how many items in a row are of this day */

/** @typedef {{days: {start: number, left: number}[], runs: {count: number, left: number}[], count: number}} DayGroup  left: pixels */

/** Between days that share a row. */
const DAY_GAP = 24;

/**
 * Days in order, as many small ones side by side as fit into one row, so that a quiet month is not a column of single pictures.
 * @param {Day[]} days
 * @param {{width: number, columns: number, gap: number, heading: number}} look  heading: the least width of a day, for its heading
 * @returns {DayGroup[]}
 */
export function packDays(days, { width, columns, gap, heading }) {
  const pitch = (width + gap) / columns;
  const narrowest = Math.ceil(heading / pitch);
  /** @type {DayGroup[]} */
  const groups = [];
  let end = Infinity;
  for (const { start, count } of days) {
    const slots = Math.max(count, narrowest) * pitch;
    const group = groups[groups.length - 1];
    const fits = group && end + DAY_GAP + slots <= width + gap;
    const left = fits ? Math.round(end + DAY_GAP) : 0;
    if (fits) {
      group.days.push({ start, left });
      group.runs.push({ count, left });
      group.count += count;
    } else groups.push({ days: [{ start, left }], runs: [{ count, left }], count });
    end = left + slots;
  }
  return groups;
}

/**
 * Runs of items of the same day, in the order given.
 * @param {ArrayLike<number>} dates  seconds since the epoch
 * @returns {Day[]}
 */
export function groupByDay(dates) {
  /** @type {Day[]} */
  const days = [];
  let start = 0;
  let end = -Infinity;
  for (let i = 0; i < dates.length; i += 1) {
    const date = dates[i];
    if (days.length && date >= start && date < end) {
      days[days.length - 1].count += 1;
      continue;
    }
    [start, end] = bounds(date);
    days.push({ start, count: 1 });
  }
  return days;
}

/**
 * The day that holds a moment, where the user is. A day is not always 24 hours long.
 * @param {number} date
 * @returns {[number, number]}
 */
function bounds(date) {
  const day = new Date(date * 1000);
  day.setHours(0, 0, 0, 0);
  const start = day.getTime() / 1000;
  day.setDate(day.getDate() + 1);
  return [start, day.getTime() / 1000];
}
