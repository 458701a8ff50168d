import { html, useLayoutEffect, useRef, useState } from '../vendor/preact/standalone.mjs';
import { monthStarts, yearsOf } from '../lib/calendar.mjs';

/** @typedef {import('../lib/calendar.mjs').Cell} Cell */
/** @typedef {import('../lib/calendar.mjs').Year} Year */

/** Years that are shown before all are asked for. */
const SHOWN = 2;

/**
 * @typedef {Object} CalendarProps
 * @property {import('../lib/i18n.mjs').Translate} t
 * @property {import('../lib/format.mjs').Formats} formats
 * @property {{day: string, count: number}[]} days
 * @property {(day: string) => string} hrefOf  address of the files of a day
 */

/**
 * Days with files, a row of weeks for each year.
 * @param {CalendarProps} props
 */
export function Calendar(props) {
  const { t, formats, days } = props;
  const [all, setAll] = useState(false);
  const years = yearsOf(days);
  const shown = all ? years : years.slice(0, SHOWN);
  const number = formats.number(years.length);
  const more = html`<button type="button" class="link" onClick=${() => setAll(true)}>
    ${t('calendar.all', { number, count: years.length })}
  </button>`;
  return html`${shown.map((year) => html`<${YearOf} key=${year.year} ...${props} year=${year} />`)}
    ${years.length > shown.length && more}`;
}

/** @param {CalendarProps & {year: Year}} props */
function YearOf(props) {
  const { formats, year } = props;
  const scroll = useRef(/** @type {HTMLElement|null} */ (null));
  useLayoutEffect(() => showLast(scroll.current), []);
  const names = monthStarts(year).map((week, month) => {
    const name = formats.monthName(new Date(year.year, month, 15).getTime() / 1000);
    return html`<span class="calendar__month" style=${{ gridColumn: week + 1 }}>${name}</span>`;
  });
  const cells = year.weeks.flat();
  return html`<div class="calendar" role="group" aria-label=${year.year}>
    <h3>${year.year}</h3>
    <div
      class="calendar__scroll"
      ref=${scroll}
      tabindex="0"
      role="group"
      aria-label=${year.year}
    >
      <div class="calendar__months" aria-hidden="true">${names}</div>
      <div class="calendar__days">
        ${cells.map((cell) => html`<${Day} ...${props} cell=${cell} />`)}
      </div>
    </div>
  </div>`;
}

/**
 * Scrolls so far that the last day with files is in view.
 * @param {HTMLElement|null} scroll
 */
function showLast(scroll) {
  if (!scroll) return;
  const last = [...scroll.querySelectorAll('a')].at(-1);
  const box = scroll.getBoundingClientRect();
  if (last) scroll.scrollLeft = last.getBoundingClientRect().right - box.left - box.width + 16;
}

/** @param {CalendarProps & {cell: Cell|null}} props */
function Day({ t, formats, cell, hrefOf }) {
  if (!cell) return html`<span></span>`;
  if (!cell.count) return html`<span class="calendar__day"></span>`;
  const { day, count, level } = cell;
  const [year, month, date] = day.split('-').map(Number);
  const when = formats.date(new Date(year, month - 1, date, 12).getTime() / 1000);
  const label = `${when}: ${t('summary.files', { count, number: formats.number(count) })}`;
  const kind = `calendar__day is-level-${level}`;
  return html`<a class=${kind} href=${hrefOf(day)} title=${label} aria-label=${label}></a>`;
}
