import { HEADING } from '../lib/arrangement.mjs';
import { iconElement } from '../ui/icons.mjs';

/** @typedef {import('../lib/days.mjs').DayGroup} DayGroup */
/** @typedef {import('../lib/layout.mjs').Layout} Layout */

/**
 * @typedef {Object} Words
 * @property {(seconds: number) => string} day
 * @property {(seconds: number) => string} month
 * @property {(name: string) => string} select  selects what is below a heading of this name
 *
 * @typedef {{first: number, count: number}} Range  of items below a heading
 * @typedef {{element: HTMLElement, words: HTMLElement, check: HTMLButtonElement, range: Range|null}} Heading
 */

/**
 * Room that the headings of a group take.
 * @param {DayGroup} group
 */
export function heightOf({ month, days }) {
  return (month === null ? 0 : HEADING.month) + (days.length ? HEADING.height : 0);
}

/**
 * Headings of months and days, or of what else files have in common, between the rows of the grid;
 * elements only for those near the view.
 */
export class Headings {
  /**
   * @param {HTMLElement} canvas
   * @param {Object} options
   * @param {Words} options.words
   * @param {(range: Range) => boolean} options.isSelected
   * @param {(range: Range) => void} options.onCheck
   */
  constructor(canvas, options) {
    this.canvas = canvas;
    this.options = options;
    /** @type {Heading[]} */
    this.headings = [];
    this.used = 0;
  }

  /**
   * @param {(DayGroup|null)[]|null} groups  one for each block of the layout; null: no headings
   * @param {Layout} layout
   * @param {{first: number, last: number}} view  rows
   * @param {number} shift  of all positions
   */
  show(groups, layout, view, shift) {
    this.used = 0;
    let block = -1;
    for (let index = view.first; groups && index <= view.last; index += 1) {
      const row = layout.row(index);
      if (row.block === block) continue;
      block = row.block;
      // The block may start above the first row that is kept.
      if (index > 0 && layout.row(index - 1).block === block) continue;
      const group = groups[block];
      if (group) this.showGroup(group, row.first, row.top - shift);
    }
    for (const { element } of this.headings.splice(this.used)) element.remove();
    this.refresh();
  }

  /** Shows of which headings all is selected. */
  refresh() {
    for (const { check, range } of this.headings)
      check.setAttribute('aria-pressed', String(range !== null && this.options.isSelected(range)));
  }

  /**
   * @param {DayGroup} group
   * @param {number} first  item of the group
   * @param {number} top  of its first row
   */
  showGroup({ count, days, month, runs }, first, top) {
    const { words } = this.options;
    if (month !== null) {
      const range = days.length ? null : { first, count };
      const height = HEADING.month + (days.length ? HEADING.height : 0);
      this.place('month', words.month(month), range, {
        left: 0,
        top: top - height,
        height: HEADING.month,
      });
    }
    let next = first;
    for (const [i, { start, left, name, month: another }] of days.entries()) {
      if (another !== undefined) {
        const place = { left, top: top - HEADING.month - HEADING.height, height: HEADING.month };
        this.place('month', words.month(another), null, place);
      }
      const range = { first: next, count: runs[i].count };
      this.place('day', name ?? words.day(start), range, {
        left,
        top: top - HEADING.height,
        height: HEADING.height,
      });
      next += range.count;
    }
  }

  /**
   * @param {string} kind
   * @param {string} name
   * @param {Range|null} range  null: its items have headings of their own
   * @param {{left: number, top: number, height: number}} where
   */
  place(kind, name, range, { left, top, height }) {
    const heading = this.headings[this.used] ?? this.make();
    const { check, element, words } = heading;
    this.used += 1;
    heading.range = range;
    check.hidden = range === null;
    if (element.className !== kind) element.className = kind;
    element.style.transform = `translate(${left}px, ${top}px)`;
    element.style.height = `${height}px`;
    if (words.textContent === name) return;
    words.textContent = name;
    check.title = this.options.words.select(name);
    check.ariaLabel = check.title;
  }

  make() {
    const element = document.createElement('div');
    element.setAttribute('role', 'row');
    const words = document.createElement('span');
    words.setAttribute('role', 'rowheader');
    const cell = document.createElement('span');
    cell.setAttribute('role', 'gridcell');
    const check = document.createElement('button');
    check.type = 'button';
    check.className = 'check';
    check.tabIndex = -1; // the grid is one stop of the Tab key
    check.append(iconElement('check'));
    cell.append(check);
    element.append(words, cell);
    /** @type {Heading} */
    const heading = { element, words, check, range: null };
    check.addEventListener('click', () => heading.range && this.options.onCheck(heading.range));
    this.headings.push(heading);
    this.canvas.append(element);
    return heading;
  }
}
