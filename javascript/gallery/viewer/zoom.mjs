/** @typedef {import('../vendor/photoswipe/photoswipe.esm.min.js').default} PhotoSwipe */
/** @typedef {import('../vendor/photoswipe/photoswipe.esm.min.js').Slide} Slide */
/** @typedef {import('../vendor/photoswipe/photoswipe.esm.min.js').Point} Point */
/** @typedef {import('../vendor/photoswipe/photoswipe.esm.min.js').ZoomLevels} ZoomLevels */

const LARGEST_UPSCALE = 4;
/** Zooms that differ less are one to the eye. */
const SAME = 0.01;

/** Two clicks within this time are one double click. */
const DOUBLE_CLICK_MS = 400;

/** How large the open picture is shown: what changes it, and what is told of it. */
export class Zoom {
  /**
   * @param {Object} options
   * @param {HTMLElement} options.stage
   * @param {Map<string, import('./viewer.mjs').Size>} options.sizes  by path
   * @param {(percent: number) => void} options.onZoom  of the picture's own size; 0 where that is not known
   */
  constructor(options) {
    this.options = options;
    /** @type {PhotoSwipe|null} */
    this.swipe = null;
    this.lastClick = -Infinity;
    this.onClick = (/** @type {Point} */ point, /** @type {Event} */ event) =>
      this.click(point, event);
  }

  /** @param {PhotoSwipe} swipe */
  listen(swipe) {
    this.swipe = swipe;
    swipe.on('zoomLevelsUpdate', ({ zoomLevels }) => limitZoom(zoomLevels));
    swipe.on('zoomPanUpdate', () => this.tell());
    swipe.on('beforeZoomTo', ({ destZoomLevel }) => this.tell(destZoomLevel));
    swipe.on('wheel', (event) => {
      event.preventDefault();
      this.turnWheel(/** @type {WheelEvent} */ (/** @type {Event} */ (event.originalEvent)));
    });
    swipe.on('pointerDown', () => {
      // PhotoSwipe takes the window for its stage, and would zoom into another point than the mouse's.
      const { left, top } = this.options.stage.getBoundingClientRect();
      Object.assign(swipe.offset, { x: left + window.scrollX, y: top + window.scrollY });
    });
  }

  /**
   * A click zooms, and so does a double click, whose second half means nothing more.
   * @param {Point} point
   * @param {Event} event
   */
  click(point, { timeStamp }) {
    const isSecond = timeStamp - this.lastClick < DOUBLE_CLICK_MS;
    this.lastClick = isSecond ? -Infinity : timeStamp;
    if (!isSecond) this.swipe?.currSlide?.toggleZoom(point);
  }

  /** @param {WheelEvent} event */
  turnWheel(event) {
    const slide = this.swipe?.currSlide;
    if (!slide?.isZoomable()) return;
    const { left, top } = this.options.stage.getBoundingClientRect();
    const point = { x: event.clientX - left, y: event.clientY - top };
    slide.zoomTo(zoomByWheel(slide.currZoomLevel, event), point);
  }

  /** @param {number} [zoom]  that is on its way */
  tell(zoom = this.swipe?.currSlide?.currZoomLevel ?? 0) {
    const { onZoom, sizes } = this.options;
    const isKnown = sizes.get(String(this.swipe?.currSlide?.data.path))?.exact;
    onZoom(isKnown ? Math.round((100 * zoom) / actualSize()) : 0);
  }
}

/** The zoom at which a pixel of the picture is a pixel of the screen: 100 %. */
export function actualSize() {
  return 1 / window.devicePixelRatio;
}

/**
 * The zoom that shows the whole picture as large as the stage, small ones up to a limit.
 * @param {ZoomLevels} zoom
 */
export function fitting({ panAreaSize, elementSize }) {
  if (!panAreaSize || !elementSize || !elementSize.x || !elementSize.y) return 1;
  return Math.min(panAreaSize.x / elementSize.x, panAreaSize.y / elementSize.y, LARGEST_UPSCALE);
}

/**
 * What the whole picture is zoomed to: 100 %, or 200 % where that is how it is shown already.
 * @param {ZoomLevels} zoom
 */
export function closer({ initial }) {
  return Math.abs(initial / actualSize() - 1) < SAME ? 2 * initial : actualSize();
}

/**
 * Keeps PhotoSwipe from taking whatever is larger than its pixels for zoomed in: it would then
 * neither swipe nor drag it away. A small picture can be shown smaller, at 100 %.
 * @param {ZoomLevels} zoom
 */
export function limitZoom(zoom) {
  zoom.fit = zoom.initial;
  zoom.min = Math.min(zoom.initial, actualSize());
}

/**
 * The zoom after a turn of the wheel.
 * @param {number} zoom
 * @param {WheelEvent} event
 */
export function zoomByWheel(zoom, { deltaMode, deltaY }) {
  return zoom * 2 ** (-deltaY * (deltaMode === WheelEvent.DOM_DELTA_LINE ? 0.05 : 0.002));
}

/**
 * Lays a slide out anew whose picture has another size than was assumed. What the user has zoomed
 * stays as large as it is.
 * @param {Slide} slide
 * @param {{width: number, height: number}} size
 */
export function changeSize(slide, { width, height }) {
  // One that the browser still has can be complete before its slide was laid out for the first time.
  const isZoomed =
    slide.isActive &&
    slide.container.parentNode !== null &&
    Math.abs(slide.currZoomLevel / slide.zoomLevels.initial - 1) > SAME;
  const zoom = (slide.currZoomLevel * slide.width) / width;
  Object.assign(slide, { width, height });
  Object.assign(slide.content, { width, height });
  slide.calculateSize();
  if (isZoomed) {
    slide.setZoomLevel(zoom);
    slide.currentResolution = zoom;
    slide.panTo(slide.pan.x, slide.pan.y);
  } else {
    slide.currentResolution = 0;
    slide.zoomAndPanToInitial();
    slide.applyCurrentZoomPan();
  }
  slide.updateContentSize();
}
