/** @typedef {import('../lib/days.mjs').DayGroup} DayGroup */
/** @typedef {import('../lib/layout.mjs').Layout} Layout */

/** Headings of days between the rows of the grid; elements only for those near the view. */
export class Headings {
  /**
   * @param {HTMLElement} canvas
   * @param {number} height
   * @param {(seconds: number) => string} text
   */
  constructor(canvas, height, text) {
    this.canvas = canvas;
    this.height = height;
    this.text = text;
    /** @type {HTMLElement[]} */
    this.elements = [];
  }

  /**
   * @param {DayGroup[]|null} groups  one for each block of the layout; null: no headings
   * @param {Layout} layout
   * @param {{first: number, last: number}} view  rows
   */
  show(groups, layout, view) {
    let used = 0;
    let block = -1;
    for (let index = view.first; groups && index <= view.last; index += 1) {
      const row = layout.row(index);
      if (row.block === block) continue;
      block = row.block;
      // The block may start above the first row that is kept.
      if (index > 0 && layout.row(index - 1).block === block) continue;
      for (const day of groups[block].days) {
        this.place(this.elements[used] ?? this.make(), day, row.top - this.height);
        used += 1;
      }
    }
    for (const element of this.elements.splice(used)) element.remove();
  }

  make() {
    const element = document.createElement('div');
    element.className = 'day';
    element.setAttribute('role', 'row');
    const words = document.createElement('span');
    words.setAttribute('role', 'rowheader');
    element.append(words);
    this.elements.push(element);
    this.canvas.append(element);
    return element;
  }

  /**
   * @param {HTMLElement} element
   * @param {{start: number, left: number}} day
   * @param {number} top
   */
  place(element, day, top) {
    element.style.transform = `translate(${day.left}px, ${top}px)`;
    element.style.height = `${this.height}px`;
    const text = this.text(day.start);
    if (element.firstElementChild && element.firstElementChild.textContent !== text) element.firstElementChild.textContent = text;
  }
}
