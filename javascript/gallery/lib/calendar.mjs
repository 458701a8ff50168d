/**
 * Days with files as a calendar: years of weeks, of which each day is as dark as it has files.
 *
 * @typedef {{day: string, count: number, level: number}} Cell  level: 0 (none) to 4
 * @typedef {{year: number, weeks: (Cell|null)[][]}} Year  a week has seven days from Monday on; null: it is
 *   of another year
 */

const DAY_MS = 86_400_000;
const LEVELS = 4;

/**
 * @param {{day: string, count: number}[]} days  in any order
 * @returns {Year[]}  those with files, the newest first
 */
export function yearsOf(days) {
  const counts = new Map(days.map(({ day, count }) => [day, count]));
  const most = Math.max(1, ...counts.values());
  const years = [...new Set(days.map(({ day }) => Number(day.slice(0, 4))))].sort((a, b) => b - a);
  return years.map((year) => ({ year, weeks: weeksOf(year, counts, most) }));
}

/**
 * The week in which each month of a year begins.
 * @param {Year} year
 * @returns {number[]}
 */
export function monthStarts({ weeks }) {
  const starts = /** @type {number[]} */ ([]);
  weeks.forEach((week, number) => {
    for (const cell of week) if (cell?.day.endsWith('-01')) starts.push(number);
  });
  return starts;
}

/**
 * @param {number} year
 * @param {Map<string, number>} counts
 * @param {number} most
 */
function weeksOf(year, counts, most) {
  const first = Date.UTC(year, 0, 1);
  const behind = Date.UTC(year + 1, 0, 1);
  const offset = (new Date(first).getUTCDay() + 6) % 7;
  const weeks = /** @type {(Cell|null)[][]} */ ([]);
  for (let start = first - offset * DAY_MS; start < behind; start += 7 * DAY_MS) {
    weeks.push(
      Array.from({ length: 7 }, (_, i) => {
        const time = start + i * DAY_MS;
        if (time < first || time >= behind) return null;
        const day = new Date(time).toISOString().slice(0, 10);
        const count = counts.get(day) ?? 0;
        return { day, count, level: levelOf(count, most) };
      }),
    );
  }
  return weeks;
}

/**
 * By the logarithm, so that one day with thousands does not make all others look empty.
 * @param {number} count
 * @param {number} most
 */
function levelOf(count, most) {
  return count ? Math.max(1, Math.ceil((LEVELS * Math.log1p(count)) / Math.log1p(most))) : 0;
}
