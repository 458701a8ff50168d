/** @typedef {import('./days.mjs').Day} Day */

/**
 * A place on the scrubber: where a year or a month begins. ``at`` is a part of the whole, 0 to 1.
 * @typedef {{at: number, start: number, isYear: boolean, label: boolean}} Mark
 */

/** Room that a label needs, and a dot. */
const LABEL_PX = 22;
const DOT_PX = 7;

/**
 * Where months and years begin on a track, as dots and labels that do not touch. Labels are years;
 * a library of less than two gets months.
 * @param {{start: number, top: number}[]} days  in order; top: where the day begins, in pixels of the list
 * @param {{height: number, view: number, track: number}} size  of the list, the window on it and the track
 * @returns {Mark[]}
 */
export function marks(days, { height, view, track }) {
  if (!days.length || height <= view) return [];
  /** @type {Mark[]} */
  const found = [];
  let year = NaN;
  let month = NaN;
  const years = new Set(days.map(({ start }) => new Date(start * 1000).getFullYear()));
  for (const { start, top } of days) {
    const date = new Date(start * 1000);
    const isYear = date.getFullYear() !== year;
    if (!isYear && date.getMonth() === month) continue;
    [year, month] = [date.getFullYear(), date.getMonth()];
    found.push({
      at: partAt(top, { height, view }),
      start,
      isYear,
      label: years.size < 3 || isYear,
    });
  }
  return thinned(found, track);
}

/**
 * Where sections begin on a track, with labels that do not touch.
 * @param {{name: string, top: number}[]} sections  in order
 * @param {{height: number, view: number, track: number}} size
 * @returns {{at: number, name: string, label: boolean}[]}
 */
export function nameMarks(sections, { height, view, track }) {
  if (height <= view) return [];
  const found = sections.map(({ name, top }) => ({
    at: partAt(top, { height, view }),
    name,
    label: true,
  }));
  return thinned(found, track);
}

/**
 * Without marks that would touch the one before; labels go first.
 * @template {{at: number, label: boolean}} T
 * @param {T[]} found
 * @param {number} track
 */
function thinned(found, track) {
  let label = -Infinity;
  for (const mark of found) {
    mark.label &&= mark.at * track - label >= LABEL_PX;
    if (mark.label) label = mark.at * track;
  }
  const labels = found.filter((mark) => mark.label).map((mark) => mark.at * track);
  let last = -Infinity;
  return found.filter((mark) => {
    const y = mark.at * track;
    const isFree =
      mark.label ||
      (y - last >= DOT_PX && labels.every((other) => Math.abs(other - y) >= LABEL_PX / 2 + 2));
    if (isFree) last = y;
    return isFree;
  });
}

/**
 * The part of the track that stands for a scroll position.
 * @param {number} top
 * @param {{height: number, view: number}} size
 * @returns {number}  0 to 1
 */
export function partAt(top, { height, view }) {
  return height > view ? Math.max(0, Math.min(1, top / (height - view))) : 0;
}

/**
 * The scroll position that a part of the track stands for.
 * @param {number} part
 * @param {{height: number, view: number}} size
 * @returns {number}
 */
export function topAt(part, { height, view }) {
  return Math.max(0, Math.min(1, part)) * Math.max(0, height - view);
}
