import { arrange, BUDGET, GAP, HEADING, PADDING } from '../lib/arrangement.mjs';
import { moveBy, rowsInView, scrollToShow, stack } from '../lib/layout.mjs';
import { thumbnailSize } from '../lib/media.mjs';
import { Cards } from './cards.mjs';
import { Headings } from './headings.mjs';
import { HoverPreview } from './hover.mjs';
import { Tile } from './tile.mjs';

/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../lib/layout.mjs').Layout} Layout */

/**
 * What a grid shows. Every view of the page is one of these.
 * @typedef {Object} Source
 * @property {number} count
 * @property {number} folders  how many of the first items are folders, which are shown as cards
 * @property {import('../lib/days.mjs').Day[]|null} days  files under headings of their days; null: without headings
 * @property {(index: number) => Item} item
 * @property {(index: number) => boolean} isSelected
 */

/** @typedef {{element: HTMLElement, tiles: Tile[], index: number}} Row */

/** Further files are asked for when fewer screens than this are left below. */
const AHEAD = 3;
/** Above this speed nobody sees a picture, so none is asked for until the scroll settles. */
const FAST_PX_PER_MS = 4;
const SETTLED_MS = 100;

/** @type {Source} */
const EMPTY = { count: 0, folders: 0, days: null, item: () => { throw new RangeError('an empty grid has no items'); }, isSelected: () => false };

/** A virtual grid: it keeps elements only for the rows near the viewport, and reuses them. */
export class Grid {
  /**
   * @param {Object} options
   * @param {HTMLElement} options.host  the scrolling element
   * @param {(item: Item, size: number) => string} options.thumbnail
   * @param {(item: Item) => string} options.preview  a video's moving picture
   * @param {import('./covers.mjs').Covers} options.covers
   * @param {(item: Item) => string} options.detail  second line of a folder's card
   * @param {(index: number, event: MouseEvent) => void} options.onActivate
   * @param {(index: number) => void} options.onCurrent
   * @param {() => void} options.onScrollEnd
   * @param {() => void} options.onNearEnd  the end of what is known is near
   * @param {(seconds: number) => string} options.day  heading of a day
   * @param {string} options.label  name of the grid where the source has none
   * @param {(item: Item, width: number, height: number) => void} options.onThumbnail  size of a thumbnail that has arrived
   */
  constructor(options) {
    this.options = options;
    this.host = options.host;
    this.source = EMPTY;
    this.current = -1;
    this.wanted = 180;
    this.thumbnailPx = 256;
    /** @type {Layout} */
    this.layout = stack([]);
    /** @type {import('../lib/days.mjs').DayGroup[]|null} one for each block of the layout, where there are headings */
    this.groups = null;
    /** @type {Map<number, Row>} */
    this.rows = new Map();
    /** @type {Row[]} */
    this.spare = [];
    /** @type {Set<string>} paths whose thumbnail could not be made; not asked for again until the folder is shown anew */
    this.failed = new Set();
    this.lastScroll = { top: 0, time: 0 };
    this.frame = 0;
    this.settle = 0;
    this.width = 0;
    this.canvas = document.createElement('div');
    this.canvas.className = 'grid__canvas';
    this.canvas.setAttribute('role', 'presentation');
    this.host.append(this.canvas);
    this.cards = new Cards(this);
    this.headings = new Headings(this.canvas, HEADING.height, options.day);
    this.host.addEventListener('scroll', () => this.onScroll(), { passive: true });
    this.host.addEventListener('click', (event) => this.onClick(event));
    this.host.addEventListener('auxclick', (event) => this.onClick(event));
    new HoverPreview(this.host, (tile) => this.previewOf(tile));
    new ResizeObserver(() => this.onResize()).observe(this.host);
  }

  /**
   * @param {Source} source
   * @param {{label: string, anchor?: {index: number, offset: number}|null, current?: number}} where
   */
  show(source, { label, anchor = null, current = -1 }) {
    this.source = source;
    this.failed.clear();
    this.current = current;
    this.host.setAttribute('aria-label', label || this.options.label);
    this.recycleAll();
    this.arrange();
    this.host.scrollTop = anchor ? this.topOf(anchor) : 0;
    this.draw(true);
  }

  empty() {
    if (this.source !== EMPTY) this.show(EMPTY, { label: '' });
  }

  /**
   * The same files, and more behind them: nothing that is seen moves.
   * @param {Source} source
   */
  grow(source) {
    this.source = source;
    // Only the last row may have become longer.
    const last = this.rows.get(this.layout.rows - 1);
    if (last) this.recycle(last);
    this.arrange();
    this.draw(true);
  }

  /** @param {number} wanted  width of a tile in pixels */
  setTile(wanted) {
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    this.rearrange();
  }

  /** Where the scroll stands, in terms that outlive another size of window. Null at the very top. */
  anchor() {
    if (!this.layout.rows || this.host.scrollTop < 8) return null;
    const index = this.layout.row(this.layout.rowAt(this.host.scrollTop)).first;
    return { index, offset: this.host.scrollTop - this.layout.rect(index).top };
  }

  /** @param {{index: number, offset: number}} anchor */
  topOf({ index, offset }) {
    return index < this.layout.count ? this.layout.rect(index).top + offset : 0;
  }

  /**
   * Makes an item the current one and brings it into view.
   * @param {number} index
   */
  setCurrent(index) {
    if (index < 0 || index >= this.layout.count) return;
    const before = this.current;
    this.current = index;
    const view = { top: this.host.scrollTop, height: this.host.clientHeight };
    const top = scrollToShow(this.layout.rect(index), view, PADDING);
    if (top !== view.top) this.host.scrollTop = top;
    this.draw(true);
    this.refresh(before);
    this.refresh(index);
    if (index !== before) this.options.onCurrent(index);
  }

  /** Takes the focus, with an item to start from. */
  enter() {
    this.host.focus({ preventScroll: true });
    if (this.current < 0) this.setCurrent(0);
  }

  /** @param {Parameters<typeof moveBy>[2]} direction */
  move(direction) {
    this.setCurrent(moveBy(this.layout, this.current, direction, this.host.clientHeight));
  }

  /** Shows what is selected anew. */
  refreshSelection() {
    for (const row of this.rows.values()) for (const tile of row.tiles) this.refresh(tile.index);
  }

  /** @param {number} index */
  refresh(index) {
    this.tileOf(index)?.mark(this.source.isSelected(index), index === this.current);
    if (index === this.current) this.host.setAttribute('aria-activedescendant', `tile-${index}`);
  }

  /**
   * @param {number} index
   * @returns {Tile|undefined}
   */
  tileOf(index) {
    if (index < 0 || index >= this.layout.count) return undefined;
    return this.rows.get(this.layout.rowOf(index))?.tiles.find((tile) => tile.index === index);
  }

  arrange() {
    this.width = this.canvas.clientWidth;
    const { layout, groups, columns, cardWidth } = arrange(this.source, { width: this.width, height: this.host.clientHeight, wanted: this.wanted });
    this.layout = layout;
    this.groups = groups;
    this.cards.width = cardWidth;
    this.thumbnailPx = thumbnailSize(this.width / columns, window.devicePixelRatio);
    this.canvas.style.height = `${layout.height}px`;
    this.host.setAttribute('aria-rowcount', String(layout.rows));
    this.host.setAttribute('aria-colcount', String(columns));
  }

  /** Arranges anew without losing the place. */
  rearrange() {
    const anchor = this.anchor();
    this.recycleAll();
    this.arrange();
    this.host.scrollTop = anchor ? this.topOf({ index: anchor.index, offset: 0 }) - GAP : 0;
    this.draw(true);
  }

  onResize() {
    if (!this.host.clientHeight) return; // the host's tab is not shown
    if (this.canvas.clientWidth !== this.width) this.rearrange();
    else this.draw(true);
  }

  onScroll() {
    if (!this.frame) {
      this.frame = requestAnimationFrame((time) => {
        this.frame = 0;
        const top = this.host.scrollTop;
        const speed = Math.abs(top - this.lastScroll.top) / Math.max(1, time - this.lastScroll.time);
        this.lastScroll = { top, time };
        this.draw(speed < FAST_PX_PER_MS);
      });
    }
  }

  /** @param {boolean} slow  whether pictures in view are asked for at once */
  draw(slow) {
    const height = this.host.clientHeight;
    const view = rowsInView(this.layout, { top: this.host.scrollTop, height, overscan: height, budget: BUDGET });
    for (const [index, row] of this.rows) {
      if (index < view.first || index > view.last) this.recycle(row);
    }
    for (let index = view.first; index <= view.last; index += 1) {
      if (!this.rows.has(index)) this.addRow(index);
    }
    for (const row of this.spare) row.element.remove();
    this.headings.show(this.groups, this.layout, view);
    if (this.layout.height - this.host.scrollTop < (AHEAD + 1) * height) this.options.onNearEnd();
    if (slow) this.load(view.firstVisible, view.lastVisible, 'high');
    clearTimeout(this.settle);
    this.settle = window.setTimeout(() => {
      this.load(view.firstVisible, view.lastVisible, 'high');
      this.load(view.first, view.last, 'low');
      this.cards.want();
      this.options.onScrollEnd();
    }, SETTLED_MS);
  }

  /** @param {number} index */
  addRow(index) {
    const row = this.spare.pop() ?? { element: document.createElement('div'), tiles: [], index: -1 };
    const { top, height, first, size, block } = this.layout.row(index);
    row.index = index;
    row.element.className = `row is-block-${block}`;
    row.element.setAttribute('role', 'row');
    row.element.setAttribute('aria-rowindex', String(index + 1));
    row.element.style.transform = `translateY(${top}px)`;
    row.element.style.height = `${height}px`;
    while (row.tiles.length > size) row.tiles.pop()?.element.remove();
    while (row.tiles.length < size) {
      const tile = new Tile((loaded) => this.onLoaded(loaded), (broken) => broken.item && this.failed.add(broken.item.path));
      row.tiles.push(tile);
      row.element.append(tile.element);
    }
    row.tiles.forEach((tile, column) => this.bind(tile, first + column, column));
    this.rows.set(index, row);
    if (!row.element.parentNode) this.canvas.append(row.element);
  }

  /**
   * @param {Tile} tile
   * @param {number} index
   * @param {number} column
   */
  bind(tile, index, column) {
    const item = this.source.item(index);
    const { left, width, height } = this.layout.rect(index);
    const detail = item.kind === 'dir' ? this.options.detail(item) : '';
    tile.bind(index, item, { left, width, height, column, selected: this.source.isSelected(index), current: index === this.current, detail });
    if (this.failed.has(item.path)) tile.fail();
    if (tile.wantsCover) this.cards.show(tile);
  }

  /** @param {HTMLElement} element */
  previewOf(element) {
    const item = this.tileOf(indexOf(element))?.item;
    return item?.kind === 'video' ? this.options.preview(item) : null;
  }

  /**
   * Asks for the pictures of some rows, those nearest the middle first.
   * @param {number} first
   * @param {number} last
   * @param {'high'|'low'} priority
   */
  load(first, last, priority) {
    const middle = (first + last) / 2;
    const near = [...this.rows.values()].filter((row) => row.index >= first && row.index <= last);
    // The top row goes first where nothing has been scrolled: that is where the eye is.
    if (this.host.scrollTop > 0) near.sort((a, b) => Math.abs(a.index - middle) - Math.abs(b.index - middle));
    for (const row of near) {
      for (const tile of row.tiles) {
        if (tile.wantsPicture && tile.item) tile.load(this.options.thumbnail(tile.item, this.thumbnailPx), priority);
      }
    }
  }

  /** @param {Tile} tile */
  onLoaded(tile) {
    if (tile.item) this.options.onThumbnail(tile.item, tile.image.naturalWidth, tile.image.naturalHeight);
  }

  /** @param {Row} row */
  recycle(row) {
    this.rows.delete(row.index);
    for (const tile of row.tiles) tile.release();
    this.spare.push(row);
  }

  recycleAll() {
    for (const row of [...this.rows.values()]) this.recycle(row);
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const element = /** @type {Element} */ (event.target).closest('.tile');
    const index = element ? indexOf(element) : -1;
    if (index < 0 || event.button > 1) return;
    this.options.onActivate(index, event);
  }
}

/** @param {Element} tile */
function indexOf(tile) {
  return Number(tile.id.slice('tile-'.length));
}
