import { HEADING } from '../lib/arrangement.mjs';

/** @typedef {import('../lib/days.mjs').DayGroup} DayGroup */
/** @typedef {import('../lib/layout.mjs').Layout} Layout */

/** @typedef {{day: (seconds: number) => string, month: (seconds: number) => string}} Words */

/**
 * Room that the headings of a group take.
 * @param {DayGroup} group
 */
export function heightOf({ month, days }) {
  return (month === null ? 0 : HEADING.month) + (days.length ? HEADING.height : 0);
}

/** Headings of months and days between the rows of the grid; elements only for those near the view. */
export class Headings {
  /**
   * @param {HTMLElement} canvas
   * @param {Words} words
   */
  constructor(canvas, words) {
    this.canvas = canvas;
    this.words = words;
    /** @type {HTMLElement[]} */
    this.elements = [];
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
      if (group) this.showGroup(group, row.top - shift);
    }
    for (const element of this.elements.splice(this.used)) element.remove();
  }

  /**
   * @param {DayGroup} group
   * @param {number} top  of its first row
   */
  showGroup(group, top) {
    if (group.month !== null)
      this.place('month', this.words.month(group.month), 0, top - heightOf(group), HEADING.month);
    for (const { start, left } of group.days)
      this.place('day', this.words.day(start), left, top - HEADING.height, HEADING.height);
  }

  /**
   * @param {string} kind
   * @param {string} text
   * @param {number} left
   * @param {number} top
   * @param {number} height
   */
  place(kind, text, left, top, height) {
    const element = this.elements[this.used] ?? this.make();
    this.used += 1;
    if (element.className !== kind) element.className = kind;
    element.style.transform = `translate(${left}px, ${top}px)`;
    element.style.height = `${height}px`;
    if (element.firstElementChild && element.firstElementChild.textContent !== text)
      element.firstElementChild.textContent = text;
  }

  make() {
    const element = document.createElement('div');
    element.setAttribute('role', 'row');
    const words = document.createElement('span');
    words.setAttribute('role', 'rowheader');
    element.append(words);
    this.elements.push(element);
    this.canvas.append(element);
    return element;
  }
}
