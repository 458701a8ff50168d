/** @typedef {import('../vendor/photoswipe/photoswipe.esm.min.js').default} PhotoSwipe */

/** A finger that has moved this far wants something; one that has moved further wants the next picture. */
const BEGIN_PX = 10;
const ENOUGH_PX = 70;
const MOVE_MS = 150;
/** A zoom that differs less from the whole picture is the whole picture. */
const SAME = 0.01;

/**
 * Pictures one below the other, a screen each: a finger that goes up brings the next one. What is zoomed
 * in is moved by the finger as ever.
 */
export class Vertical {
  /**
   * @param {Object} options
   * @param {HTMLElement} options.stage
   * @param {() => boolean} options.isVertical
   * @param {() => number} options.count
   */
  constructor(options) {
    this.options = options;
    /** Where the finger came down; null: there is none, or it does something else. */
    this.start = /** @type {{x: number, y: number}|null} */ (null);
    this.isDragging = false;
  }

  /** What is moved; the fingers are heard by what is around it, which stays where it is. */
  get pictures() {
    const { stage } = this.options;
    return /** @type {HTMLElement} */ (stage.querySelector('.pswp__container') ?? stage);
  }

  /** @param {PhotoSwipe} swipe */
  listen(swipe) {
    swipe.on('pointerDown', ({ originalEvent }) => {
      const event = /** @type {PointerEvent} */ (originalEvent);
      const isOurs = this.options.isVertical() && event.pointerType === 'touch';
      this.start = isOurs && event.isPrimary ? { x: event.clientX, y: event.clientY } : null;
      // A quick finger does not wait until the picture before has come to rest.
      for (const moving of this.pictures.getAnimations()) moving.finish();
      if (!event.isPrimary) this.settle();
    });
    swipe.on('pointerMove', (event) => {
      const { clientX, clientY } = /** @type {PointerEvent} */ (event.originalEvent);
      if (!this.start || !isWhole(swipe)) return;
      event.preventDefault();
      const y = clientY - this.start.y;
      if (!this.isDragging && Math.abs(y) < BEGIN_PX) return;
      if (!this.isDragging && Math.abs(y) < Math.abs(clientX - this.start.x)) return;
      this.isDragging = true;
      this.pictures.style.translate = `0 ${y}px`;
    });
    swipe.on('pointerUp', (event) => {
      const { clientY, type } = /** @type {PointerEvent} */ (event.originalEvent);
      // One that the browser takes away has no place.
      const y = type === 'pointercancel' || !this.start ? 0 : clientY - this.start.y;
      this.start = null;
      if (!this.isDragging) return;
      event.preventDefault(); // it was no tap
      this.isDragging = false;
      const way = y < 0 ? 1 : -1;
      const index = swipe.currIndex + way;
      if (Math.abs(y) < ENOUGH_PX || index < 0 || index >= this.options.count()) this.settle();
      else this.leave(swipe, way);
    });
  }

  /**
   * One picture goes and the next one comes.
   * @param {PhotoSwipe} swipe
   * @param {1|-1} way
   */
  async leave(swipe, way) {
    const height = this.options.stage.clientHeight;
    await this.moveTo(-height * way);
    if (!swipe.isOpen) return;
    swipe.goTo(swipe.currIndex + way);
    this.pictures.style.translate = `0 ${height * way}px`;
    await this.settle();
  }

  /** Back to where it belongs. */
  async settle() {
    this.isDragging = false;
    if (!this.pictures.style.translate) return;
    await this.moveTo(0);
    if (!this.isDragging) this.pictures.style.translate = '';
  }

  /** @param {number} y */
  async moveTo(y) {
    const { pictures } = this;
    const from = pictures.style.translate;
    pictures.style.translate = `0 ${y}px`;
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    const moving = pictures.animate({ translate: [from, `0 ${y}px`] }, { duration: MOVE_MS });
    await moving.finished.catch(() => {}); // the viewer has been closed
  }
}

/** @param {PhotoSwipe} swipe */
function isWhole({ currSlide }) {
  return currSlide !== undefined && currSlide.currZoomLevel <= currSlide.zoomLevels.initial + SAME;
}
