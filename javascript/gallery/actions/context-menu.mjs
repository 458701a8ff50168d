/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('./subject.mjs').Subject} Subject */

/**
 * The menu that is open, and where.
 * @typedef {{x: number, y: number, subject: Subject}} MenuState
 */

const LONG_PRESS_MS = 500;
/** A finger that has moved this far is scrolling. */
const STILL_PX = 10;

/**
 * Menus of what can be done: by the second button, by the menu key, by a long press in the viewer.
 * A long press in the grid selects.
 */
export class ContextMenu {
  /** @param {Pick<Parts, 'display'|'selection'|'store'|'subjects'|'viewer'>} parts */
  constructor({ display, selection, store, subjects, viewer }) {
    this.display = display;
    this.selection = selection;
    this.store = store;
    this.subjects = subjects;
    this.viewer = viewer;
    this.timer = 0;
  }

  /**
   * @param {HTMLElement} grid
   * @param {HTMLElement} stage  of the viewer
   */
  listen(grid, stage) {
    grid.addEventListener('contextmenu', (event) => this.onGrid(event));
    stage.addEventListener('contextmenu', (event) => {
      if (/** @type {Element} */ (event.target).closest('video, audio')) return; // the player's own
      event.preventDefault();
      this.openForCurrent(event.clientX, event.clientY);
    });
    this.onLongPress(grid, (event) => {
      const index = this.indexAt(event);
      if (index < 0) return false;
      this.display.grid?.setCurrent(index);
      this.selection.toggle(index);
      return true;
    });
    this.onLongPress(stage, (event) => {
      this.openForCurrent(event.clientX, event.clientY);
      return true;
    });
  }

  /** @param {Event} event */
  indexAt(event) {
    const tile = /** @type {Element} */ (event.target).closest('.tile');
    return tile ? Number(tile.id.slice('tile-'.length)) : -1;
  }

  /** @param {MouseEvent} event */
  onGrid(event) {
    event.preventDefault();
    if (event instanceof PointerEvent && event.pointerType === 'touch') return; // a long press selects
    const index = event.button === 2 ? this.indexAt(event) : this.store.state.current;
    if (event.button !== 2) {
      this.openForCurrent();
      return;
    }
    if (index < 0 || this.display.item(index).is !== 'known') return;
    this.display.grid?.setCurrent(index);
    this.openFor(index, event.clientX, event.clientY);
  }

  /**
   * About the selection where the item belongs to it, else about the item alone.
   * @param {number} index
   * @param {number} x
   * @param {number} y
   */
  openFor(index, x, y) {
    const item = this.display.item(index);
    const selected = this.subjects.current();
    const subject =
      !this.store.state.viewing && selected.has(item.path) ? selected : this.subjects.of([item]);
    this.open(subject, x, y);
  }

  /**
   * @param {Subject} subject
   * @param {number} x
   * @param {number} y
   */
  open(subject, x, y) {
    this.store.set({ menu: { x, y, subject } });
  }

  /**
   * @param {number} [x]
   * @param {number} [y]
   */
  openForCurrent(x, y) {
    const { current, viewing } = this.store.state;
    if (this.display.currentItem?.is !== 'known') return;
    const place = (
      viewing ? this.viewer.slides?.options.stage : this.display.grid?.tileOf(current)?.element
    )?.getBoundingClientRect();
    const middle = place && {
      x: place.left + Math.min(place.width / 2, 120),
      y: place.top + Math.min(place.height / 2, 120),
    };
    this.openFor(current, x ?? middle?.x ?? 0, y ?? middle?.y ?? 0);
  }

  close() {
    this.store.set({ menu: null });
    if (!this.store.state.viewing) this.display.grid?.host.focus({ preventScroll: true });
  }

  /**
   * Calls back for a finger that rests. A click that would follow is swallowed where the press
   * meant something.
   * @param {HTMLElement} element
   * @param {(event: PointerEvent) => boolean} does
   */
  onLongPress(element, does) {
    let start = { x: 0, y: 0 };
    const stop = () => clearTimeout(this.timer);
    element.addEventListener('pointerdown', (event) => {
      stop();
      if (event.pointerType !== 'touch' || !event.isPrimary) return;
      start = { x: event.clientX, y: event.clientY };
      this.timer = window.setTimeout(() => {
        if (!does(event)) return;
        navigator.vibrate?.(10);
        const swallow = (/** @type {Event} */ click) => {
          click.preventDefault();
          click.stopPropagation();
        };
        element.addEventListener('click', swallow, { capture: true, once: true });
        element.addEventListener(
          'pointerup',
          () => setTimeout(() => element.removeEventListener('click', swallow, true), 50),
          { once: true },
        );
      }, LONG_PRESS_MS);
    });
    element.addEventListener(
      'pointermove',
      (event) => {
        if (Math.hypot(event.clientX - start.x, event.clientY - start.y) > STILL_PX) stop();
      },
      { passive: true },
    );
    for (const name of ['pointerup', 'pointercancel', 'scroll'])
      element.addEventListener(name, stop, { passive: true });
  }
}
