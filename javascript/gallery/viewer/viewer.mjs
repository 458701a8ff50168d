import { isDecodable } from '../lib/media.mjs';
import { playerOf, Players, stop } from './player.mjs';
import { imageOf, turnElement } from './rotation.mjs';
import { Vertical } from './vertical.mjs';
import { changeSize, closer, fitting, Zoom } from './zoom.mjs';

/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../vendor/photoswipe/photoswipe.esm.min.js').default} PhotoSwipe */
/** @typedef {import('../vendor/photoswipe/photoswipe.esm.min.js').Content} Content */
/** @typedef {import('../vendor/photoswipe/photoswipe.esm.min.js').Point} Point */
/** @typedef {import('../vendor/photoswipe/photoswipe.esm.min.js').Slide} Slide */
/** @typedef {import('../vendor/photoswipe/photoswipe.esm.min.js').SlideData} SlideData */
/** @typedef {import('../vendor/photoswipe/photoswipe.esm.min.js').ZoomLevels} ZoomLevels */
/**
 * @typedef {{width: number, height: number, exact: boolean}} Size  exact: the picture's own; otherwise only
 *   the shape is known
 */

/**
 * A picture of unknown size counts as this large, so that its enlarged thumbnail fills the stage as
 * the original will.
 */
const ASSUMED_EDGE = 4096;
const ZOOM_MS = 150;
const MARGIN_PX = 8;

/**
 * The viewer's stage: PhotoSwipe for gestures, zoom and neighbours; what surrounds the picture is
 * not its business.
 */
export class Viewer {
  /**
   * @param {Object} options
   * @param {HTMLElement} options.stage
   * @param {() => number} options.count
   * @param {(index: number) => Item} options.item
   * @param {(item: Item) => string} options.original
   * @param {(item: Item, size: number) => string} options.thumbnail
   * @param {() => number} options.thumbnailPx  the size the grid has already asked for
   * @param {Map<string, Size>} options.sizes  by path
   * @param {(index: number) => void} options.onChange
   * @param {() => void} options.onClose  the user has closed it by a gesture
   * @param {() => void} options.onTap
   * @param {(percent: number) => void} options.onZoom  of the picture's own size; 0 where that is not known
   * @param {(player: HTMLMediaElement) => void} options.onPlayer  one that has learned how long it plays
   * @param {() => boolean|null} options.loop  whether players begin again; null: only short ones
   * @param {() => boolean} options.isVertical  pictures lie one below the other
   * @param {() => void} options.onLike
   * @param {string} options.damaged  sentence for a picture that cannot be shown
   */
  constructor(options) {
    this.options = options;
    /** @type {PhotoSwipe|null} */
    this.swipe = null;
    /** The slide to open once PhotoSwipe is loaded; -1: none any more. */
    this.wanted = -1;
    this.closing = false;
    /** Quarters of a turn, by path, as long as the page lives. @type {Map<string, number>} */
    this.turns = new Map();
    /** Places of slides that PhotoSwipe may keep. @type {Set<number>} */
    this.known = new Set();
    this.players = new Players(options);
    this.zoom = new Zoom(options);
    this.vertical = new Vertical(options);
  }

  get isOpen() {
    return this.swipe !== null;
  }

  /** Loads PhotoSwipe ahead of the first picture that is opened. */
  prepare() {
    return import('../vendor/photoswipe/photoswipe.esm.min.js');
  }

  /** @param {number} index */
  async open(index) {
    this.wanted = index;
    const { default: PhotoSwipeClass } = await this.prepare();
    if (this.wanted < 0 || this.swipe) return;
    const { stage } = this.options;
    const swipe = new PhotoSwipeClass({
      index: this.wanted,
      appendToEl: stage,
      getViewportSizeFn: () => ({ x: stage.clientWidth, y: stage.clientHeight }),
      padding: { top: 0, bottom: MARGIN_PX, left: 0, right: 0 },
      bgOpacity: 1,
      loop: false,
      spacing: 0.06,
      wheelToZoom: true,
      // Focus, keys and buttons are the page's own.
      trapFocus: false,
      returnFocus: false,
      escKey: false,
      arrowKeys: false,
      arrowPrev: false,
      arrowNext: false,
      zoom: false,
      close: false,
      counter: false,
      preloader: false,
      // Opening at once: during an opening animation PhotoSwipe does not yet hear the next key.
      showHideAnimationType: 'none',
      zoomAnimationDuration: ZOOM_MS,
      imageClickAction: this.zoom.onClick,
      bgClickAction: 'close',
      tapAction: () => this.options.onTap(),
      doubleTapAction: (/** @type {Point} */ point) => {
        if (this.options.isVertical()) this.options.onLike();
        else this.swipe?.currSlide?.toggleZoom(point);
      },
      preload: [1, 2],
      initialZoomLevel: fitting,
      secondaryZoomLevel: closer,
      maxZoomLevel: (/** @type {ZoomLevels} */ zoom) => Math.max(4, zoom.initial * 4),
      errorMsg: this.options.damaged,
    });
    this.swipe = swipe;
    this.addFilters(swipe);
    this.addEvents(swipe);
    this.zoom.listen(swipe);
    this.vertical.listen(swipe);
    swipe.init();
    // The viewer around it is the dialog already, and has the name.
    swipe.element?.removeAttribute('role');
  }

  /** @param {PhotoSwipe} swipe */
  addFilters(swipe) {
    swipe.addFilter('numItems', () => this.options.count());
    swipe.addFilter('itemData', (_data, index) => this.slideData(index));
    swipe.addFilter('placeholderSrc', (_src, content) => content.data.msrc ?? false);
  }

  /** @param {PhotoSwipe} swipe */
  addEvents(swipe) {
    swipe.on('change', () => {
      this.options.onChange(swipe.currIndex);
      this.zoom.tell();
    });
    swipe.on('keydown', (event) => event.preventDefault());
    swipe.on('contentLoad', (event) => {
      if (event.content.type === 'image') return;
      event.preventDefault();
      this.players.make(event.content);
    });
    swipe.on('contentInit', ({ content }) => this.known.add(content.index));
    swipe.on('contentAppendImage', ({ content }) => this.turn(content));
    swipe.on('contentActivate', ({ content }) =>
      playerOf(content)
        ?.play()
        .catch(() => {}),
    );
    swipe.on('contentDeactivate', ({ content }) => playerOf(content)?.pause());
    swipe.on('contentDestroy', ({ content }) => stop(playerOf(content)));
    swipe.on('slideInit', ({ slide }) => {
      if (!slide) return;
      slide.container.dataset.path = String(slide.data.path); // what shows a file can be blurred
      this.learnSize(slide);
    });
    swipe.on('slideLoad', ({ slide }) => slide && this.learnShape(slide));
    swipe.on('loadComplete', ({ slide, isError }) => {
      if (!slide || isError) return;
      this.turn(slide.content);
      this.learnSize(slide);
    });
    swipe.on('pointerDown', (event) => {
      // A drag on the player's own controls is meant for them.
      if (/** @type {Element} */ (event.originalEvent.target).closest('video, audio'))
        event.preventDefault();
    });
    swipe.on('close', () => {
      if (!this.closing) this.options.onClose();
    });
    swipe.on('destroy', () => {
      if (this.swipe === swipe) this.swipe = null;
      this.known.clear();
      this.closing = false;
    });
  }

  /**
   * @param {number} index
   * @returns {SlideData}
   */
  slideData(index) {
    const item = this.options.item(index);
    const msrc = this.options.thumbnail(item, this.options.thumbnailPx());
    if (item.kind !== 'image')
      return {
        type: item.kind,
        path: item.path,
        name: item.name,
        url: this.options.original(item),
      };
    const size = this.options.sizes.get(item.path);
    const { width, height } = this.turned(
      item.path,
      size ? assumed(size) : { width: ASSUMED_EDGE, height: ASSUMED_EDGE },
    );
    const src = isDecodable(item.name)
      ? this.options.original(item)
      : this.options.thumbnail(item, 1024);
    return { src, msrc, width, height, alt: item.name, path: item.path };
  }

  /**
   * Takes over the size of a picture that has arrived.
   * @param {Slide} slide
   */
  learnSize(slide) {
    const image = imageOf(slide.content);
    if (!image?.naturalWidth) return;
    const path = String(slide.data.path);
    const natural = { width: image.naturalWidth, height: image.naturalHeight };
    this.options.sizes.set(path, { ...natural, exact: true });
    if (slide.isActive) this.options.onChange(slide.index);
    this.setSize(slide, this.turned(path, natural));
    this.zoom.tell();
  }

  /**
   * Takes over the shape of a picture from its thumbnail, where nothing is known yet.
   * @param {Slide} slide
   */
  learnShape(slide) {
    const path = String(slide.data.path);
    const thumbnail = slide.content.placeholder?.element;
    if (!(thumbnail instanceof HTMLImageElement) || this.options.sizes.has(path)) return;
    const onLoad = () => {
      if (!thumbnail.naturalWidth || this.options.sizes.has(path) || slide.content.slide !== slide)
        return;
      const shape = {
        width: thumbnail.naturalWidth,
        height: thumbnail.naturalHeight,
        exact: false,
      };
      this.options.sizes.set(path, shape);
      this.setSize(slide, this.turned(path, assumed(shape)));
    };
    if (thumbnail.complete) onLoad();
    else thumbnail.addEventListener('load', onLoad, { once: true });
  }

  /**
   * @param {Slide} slide
   * @param {{width: number, height: number}} size
   */
  setSize(slide, size) {
    if (slide.width !== size.width || slide.height !== size.height) changeSize(slide, size);
  }

  /**
   * The shape of a picture as it is shown.
   * @param {string} path
   * @param {{width: number, height: number}} size
   */
  turned(path, { width, height }) {
    return (this.turns.get(path) ?? 0) % 2 ? { width: height, height: width } : { width, height };
  }

  /** @param {Content} content */
  turn(content) {
    turnElement(content, this.turns.get(String(content.data.path)) ?? 0);
  }

  /**
   * Turns the picture in view; the file stays as it is.
   * @param {1|-1} way  to the right or left
   */
  rotate(way) {
    const slide = this.swipe?.currSlide;
    if (!slide) return;
    const path = String(slide.data.path);
    this.turns.set(path, ((this.turns.get(path) ?? 0) + way + 4) % 4);
    this.turn(slide.content);
    const { width, height } = slide;
    if (slide.content.type === 'image') {
      Object.assign(slide, { width: height, height: width });
      Object.assign(slide.content, { width: height, height: width });
    }
    slide.resize();
  }

  /** @param {number} index */
  goTo(index) {
    if (this.swipe) this.swipe.goTo(index);
    else if (this.wanted >= 0) this.wanted = index;
  }

  next() {
    if (this.swipe) this.swipe.next();
    else this.goTo(Math.min(this.wanted + 1, this.options.count() - 1));
  }

  previous() {
    if (this.swipe) this.swipe.prev();
    else this.goTo(Math.max(this.wanted - 1, 0));
  }

  /**
   * The files are others, or in other places: what is shown stays where it is still this file, and
   * what is beside it comes anew.
   * @param {number} index  of the file to show
   */
  renumber(index) {
    const { swipe } = this;
    if (!swipe) {
      if (this.wanted >= 0) this.wanted = index;
      return;
    }
    const shown = swipe.currSlide;
    const stays = shown !== undefined && shown.data.path === this.options.item(index).path;
    for (const known of this.known)
      if (!stays || known !== shown.index) swipe.contentLoader.removeByIndex(known);
    this.known = new Set([index]);
    if (stays) Object.assign(shown, { index }).content.index = index;
    else if (shown) stop(playerOf(shown.content));
    swipe.currIndex = index;
    swipe.potentialIndex = index;
    swipe.mainScroll.itemHolders.forEach((holder, i) => {
      if (i === 1 && stays) return;
      swipe.setContent(holder, index - 1 + i, true);
      if (i === 1) holder.slide?.setIsActive(true);
    });
    swipe.contentLoader.updateLazy();
  }

  /**
   * A file is known now that was not when its slide was made.
   * @param {number} index
   */
  arrived(index) {
    const { swipe } = this;
    if (!swipe) return;
    const holder = swipe.mainScroll.itemHolders.find(({ slide }) => slide?.index === index);
    if (holder?.slide?.data.path === '') swipe.refreshSlideContent(index);
    else if (!holder) swipe.contentLoader.removeByIndex(index);
  }

  /** The player of the file that is shown. */
  get player() {
    const content = this.swipe?.currSlide?.content;
    return content ? playerOf(content) : null;
  }

  togglePlay() {
    this.players.toggle(this.player);
  }

  /** @param {1|-1} way  one frame forward or back */
  step(way) {
    this.players.step(this.player, way);
  }

  toggleZoom() {
    this.swipe?.toggleZoom();
  }

  /** The stage has another size. */
  resize() {
    this.swipe?.updateSize(true);
  }

  close() {
    this.wanted = -1;
    if (!this.swipe) return;
    this.closing = true;
    this.swipe.destroy();
  }
}

/** @param {Size} size */
function assumed(size) {
  if (size.exact) return size;
  const scale = ASSUMED_EDGE / Math.max(size.width, size.height);
  return { width: Math.round(size.width * scale), height: Math.round(size.height * scale) };
}
