import { NOTHING } from '../lib/selection.mjs';

/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../app/parts.mjs').Parts} Parts */

/** @typedef {Pick<Parts, 'display'|'selection'|'store'>} Needs */

/** A press that moves less than this is a click. */
const STILL_PX = 5;
/** The grid scrolls along while the mouse is this near to its edge. */
const EDGE_PX = 40;
const LEAST_FRAME_PX = 4;

/**
 * Selecting by a box: from between the tiles, or with Shift from anywhere, as a drag that begins on
 * a tile takes the tile along.
 * @param {Needs} parts
 * @param {HTMLElement} host  the grid
 */
export function listenToBoxes(parts, host) {
  host.addEventListener('pointerdown', (event) => {
    const target = /** @type {Element} */ (event.target);
    const onTile = target.closest('.tile') !== null;
    if (target.closest('button')) return;
    if (event.pointerType !== 'mouse' || event.button !== 0 || (onTile && !event.shiftKey)) return;
    if (parts.display.list?.isRoots) return;
    if (event.clientX > host.getBoundingClientRect().left + host.clientWidth) return; // the scroll bar
    new Box(parts, host, event, onTile);
  });
}

/** One drag of a box, from press to release. */
class Box {
  /**
   * @param {Needs} parts
   * @param {HTMLElement} host
   * @param {PointerEvent} event
   * @param {boolean} onTile
   */
  constructor({ display, selection, store }, host, event, onTile) {
    this.display = display;
    this.selection = selection;
    this.store = store;
    this.host = host;
    this.onTile = onTile;
    this.adds = event.shiftKey || event.ctrlKey || event.metaKey;
    this.base = this.adds ? this.store.state.selection : NOTHING;
    this.start = this.inCanvas(event);
    this.point = { x: event.clientX, y: event.clientY };
    this.frame = 0;
    /** @type {HTMLElement|null} null until the mouse has moved far enough */
    this.element = null;
    this.listeners = new AbortController();
    const { signal } = this.listeners;
    window.addEventListener('pointermove', (moved) => this.move(moved), { signal });
    window.addEventListener('pointerup', () => this.end(), { signal });
    window.addEventListener('pointercancel', () => this.end(), { signal });
    host.addEventListener('dragstart', (drag) => drag.preventDefault(), { signal });
    window.addEventListener('keydown', (key) => key.key === 'Escape' && this.cancel(key), {
      signal,
      capture: true,
    });
  }

  /**
   * A point of the window in the list.
   * @param {{clientX: number, clientY: number}} event
   */
  inCanvas({ clientX, clientY }) {
    const box = this.host.getBoundingClientRect();
    const padding = parseFloat(getComputedStyle(this.host).paddingLeft);
    return {
      x: clientX - box.left - padding,
      y: clientY - box.top + (this.display.grid?.scroller.top ?? 0),
    };
  }

  /** @param {PointerEvent} event */
  move(event) {
    this.point = { x: event.clientX, y: event.clientY };
    const to = this.inCanvas(event);
    if (!this.element) {
      if (Math.hypot(to.x - this.start.x, to.y - this.start.y) < STILL_PX) return;
      this.element = document.createElement('div');
      this.element.className = 'select-box';
      this.host.firstElementChild?.append(this.element);
      this.frame = requestAnimationFrame(() => this.follow());
    }
    this.draw();
  }

  /** Scrolls while the mouse is at an edge. */
  follow() {
    const { top, bottom } = this.host.getBoundingClientRect();
    const by =
      this.point.y < top + EDGE_PX
        ? this.point.y - top - EDGE_PX
        : Math.max(0, this.point.y - bottom + EDGE_PX);
    if (by) {
      this.host.scrollTop +=
        Math.sign(by) * Math.min(24, Math.max(LEAST_FRAME_PX, Math.abs(by) / 2));
      this.draw();
    }
    this.frame = requestAnimationFrame(() => this.follow());
  }

  draw() {
    if (!this.element) return;
    const to = this.inCanvas({ clientX: this.point.x, clientY: this.point.y });
    const rect = {
      left: Math.min(this.start.x, to.x),
      top: Math.min(this.start.y, to.y),
      width: Math.abs(to.x - this.start.x),
      height: Math.abs(to.y - this.start.y),
    };
    const { style } = this.element;
    style.transform = `translate(${rect.left}px, ${rect.top - (this.display.grid?.scroller.shift ?? 0)}px)`;
    style.width = `${rect.width}px`;
    style.height = `${rect.height}px`;
    const items = (this.display.grid?.itemsIn(rect) ?? [])
      .map((i) => this.display.item(i))
      .filter((item) => item.is === 'known');
    this.selection.setBox(items, this.base);
  }

  /** @param {Event} event */
  cancel(event) {
    event.stopPropagation();
    this.selection.set(this.base);
    this.end();
  }

  end() {
    this.listeners.abort();
    cancelAnimationFrame(this.frame);
    if (this.element) {
      this.element.remove();
      // The click that follows a drag means nothing.
      const swallow = (/** @type {Event} */ click) => click.stopPropagation();
      this.host.addEventListener('click', swallow, { capture: true, once: true });
      setTimeout(() => this.host.removeEventListener('click', swallow, true));
    } else if (!this.onTile && !this.adds) this.selection.clear();
  }
}
