/**
 * What a list says of a file beside its name, as it is shown; '' for what it does not state.
 * @typedef {{prompt: string, model: string, seed: string, size: string, date: string}} Line
 */

/** @type {(keyof Line)[]} */
const CELLS = ['prompt', 'model', 'seed', 'size', 'date'];

/** The columns of a list behind the name of a file. */
export class TileLine {
  constructor() {
    this.element = document.createElement('span');
    this.element.className = 'tile__line';
    this.cells = CELLS.map((name) => cell(name));
    this.element.append(...this.cells);
  }

  /** @param {Line|null} line */
  show(line) {
    this.element.hidden = line === null;
    for (const [i, name] of CELLS.entries()) {
      const text = line?.[name] ?? '';
      if (this.cells[i].textContent !== text) this.cells[i].textContent = text;
    }
  }
}

/** @param {string} name */
function cell(name) {
  const element = document.createElement('span');
  element.className = `tile__cell is-${name}`;
  return element;
}
