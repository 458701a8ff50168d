import { scrollSpace } from '../lib/scroll-space.mjs';

/**
 * A step of the scroll bar up to this many windows is a step of the list; a longer one is a jump to a
 * place.
 */
const STEP_VIEWS = 1.5;

/** The scroll position of a list that may be higher than any element can be, in pixels of the list. */
export class Scroller {
  /**
   * @param {HTMLElement} host  scrolls
   * @param {HTMLElement} canvas  its content
   */
  constructor(host, canvas) {
    this.host = host;
    this.canvas = canvas;
    this.space = scrollSpace(0, 0);
    this.height = 0;
    /** What the elements' positions are moved by. */
    this.shift = 0;
    this.real = 0;
  }

  get view() {
    return this.host.clientHeight;
  }

  get top() {
    return this.host.scrollTop + this.shift;
  }

  /** @param {number} height  of the list */
  setHeight(height) {
    this.height = height;
    this.space = scrollSpace(height, this.view);
    this.canvas.style.height = `${this.space.height}px`;
  }

  /** @param {number} top */
  jump(top) {
    const wanted = Math.max(0, Math.min(top, this.height - this.view));
    this.host.scrollTop = Math.round(this.space.toReal(wanted));
    this.real = this.host.scrollTop;
    this.shift = this.space.isScaled ? Math.round(wanted - this.real) : 0;
  }

  /**
   * The scroll bar has been moved.
   * @returns {boolean}  true where elements have to be placed anew
   */
  moved() {
    const { scrollTop } = this.host;
    const step = Math.abs(scrollTop - this.real);
    this.real = scrollTop;
    if (!this.space.isScaled || step <= this.view * STEP_VIEWS) return false;
    return this.setShift(Math.round(this.space.toVirtual(scrollTop) - scrollTop));
  }

  /**
   * Once the scroll has come to rest, the scroll bar is put where it belongs for what is shown.
   * @returns {boolean}  true where elements have to be placed anew
   */
  settle() {
    // Moved again meanwhile: that is a scroll of its own, which has not been looked at yet.
    if (!this.space.isScaled || this.host.scrollTop !== this.real) return false;
    const { top } = this;
    const real = Math.round(this.space.toReal(Math.max(0, Math.min(top, this.height - this.view))));
    if (Math.abs(real - this.host.scrollTop) < 2) return false;
    this.host.scrollTop = real;
    this.real = this.host.scrollTop;
    return this.setShift(top - this.real);
  }

  /** @param {number} shift */
  setShift(shift) {
    if (shift === this.shift) return false;
    this.shift = shift;
    return true;
  }
}
