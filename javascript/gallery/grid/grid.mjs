import { arrange, BUDGET, GAP, LINE, PADDING } from '../lib/arrangement.mjs';
import { moveBy, rowsInView, scrollToShow, stack } from '../lib/layout.mjs';
import { thumbnailSize } from '../lib/media.mjs';
import { FolderCards } from './folder-cards.mjs';
import { heightOf, Headings } from './headings.mjs';
import { HoverPreview } from './hover-preview.mjs';
import { Scroller } from './scroller.mjs';
import { Retries } from './thumbnail-retries.mjs';
import { Tile } from './tile.mjs';

/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../lib/layout.mjs').Layout} Layout */

/**
 * What a grid shows. Every view of the page is one of these.
 * @typedef {Object} Source
 * @property {number} count
 * @property {number} folders  how many of the first items are folders, which are shown as cards
 * @property {import('../lib/days.mjs').Day[]|null} days  files under headings of their days; null: without
 *   headings
 * @property {import('../lib/arrangement.mjs').Shape} shape
 * @property {(index: number) => Item} item
 * @property {(first: number, count: number) => Float32Array|null} ratios  width by height of some items;
 *   null where they are not known yet
 * @property {(first: number, last: number) => void} want  items that are near the view, inclusive
 * @property {(index: number) => boolean} isSelected
 */

/** @typedef {{element: HTMLElement, tiles: Tile[], index: number}} Row */

/** Above this speed no picture can be seen, so none is asked for until the scroll settles. */
const FAST_PX_PER_MS = 4;
const SETTLED_MS = 100;
/**
 * A browser has six requests under way; more would only wait, and could not be put behind those for what
 * is in view by then.
 */
const AT_ONCE = 24;

/** @type {Source} */
const EMPTY = {
  count: 0,
  folders: 0,
  days: null,
  shape: 'square',
  item: () => {
    throw new RangeError('an empty grid has no items');
  },
  ratios: () => null,
  want: () => {},
  isSelected: () => false,
};

/** A virtual grid: it keeps elements only for the rows near the viewport, and reuses them. */
export class Grid {
  /**
   * @param {Object} options
   * @param {HTMLElement} options.host  the scrolling element
   * @param {(item: Item, size: number) => string} options.thumbnail
   * @param {(item: Item) => boolean} options.isAway  it is being moved or deleted, and has no picture
   *   meanwhile
   * @param {(item: Item) => string} options.preview  a video's moving picture
   * @param {import('./folder-covers.mjs').FolderCovers} options.covers
   * @param {(item: Item) => string} options.detail  second line of a folder's card
   * @param {(count: number) => string} options.stack  that a tile is a stack of so many files
   * @param {(item: Item) => {rating: number, liked: boolean, label: string}} options.marks
   * @param {(item: Item) => import('./tile-line.mjs').Line} options.line  what a list says of a file
   * @param {(item: Item) => boolean} options.isClear  it is known not to be blurred
   * @param {(index: number, event: MouseEvent) => void} options.onActivate
   * @param {(index: number, event: MouseEvent) => void} options.onCheck  a click into a tile's check circle
   * @param {(range: import('./headings.mjs').Range) => void} options.onCheckRange  or into that of a heading
   * @param {(index: number) => void} options.onCurrent
   * @param {() => void} options.onScrollEnd
   * @param {import('./headings.mjs').Words} options.headings
   * @param {() => void} options.onView  another part is in view, or the same is laid out anew
   * @param {() => void} options.dropEarly  gives up the pictures that were asked for before there was a grid
   * @param {string} options.label  name of the grid where the source has none
   * @param {(url: string) => Promise<number>} options.ask  the status of the answer under an address, 0
   *   where no server answers
   * @param {(item: Item, width: number, height: number) => void} options.onThumbnail  size of a thumbnail
   *   that has arrived
   */
  constructor(options) {
    this.options = options;
    this.host = options.host;
    this.source = EMPTY;
    this.current = -1;
    /** What was shown at the last click. @type {Source|null} */
    this.clicked = null;
    this.wanted = 180;
    /** What stands below tiles. @type {import('../lib/arrangement.mjs').Below} */
    this.below = '';
    this.thumbnailPx = 256;
    /** @type {Layout} */
    this.layout = stack([]);
    /**
     * @type {(import('../lib/days.mjs').DayGroup|null)[]|null} one for each block of the layout, where there
     *   are headings
     */
    this.groups = null;
    /** @type {Map<string, import('../lib/layout.mjs').Block>} */
    this.known = new Map();
    /** @type {Map<number, Row>} */
    this.rows = new Map();
    /** @type {Row[]} */
    this.spare = [];
    /**
     * @type {Set<string>} paths whose thumbnail could not be made; not asked for again until the folder is
     *   shown anew
     */
    this.failed = new Set();
    this.retries = new Retries({
      ask: options.ask,
      onLost: (path) => {
        this.failed.add(path);
        for (const tile of this.tilesOf(path)) tile.fail();
      },
      onAgain: (path) => this.reload(path),
    });
    /** Tiles whose picture was asked for, and may have come. @type {Set<Tile>} */
    this.asked = new Set();
    /** The rows that were drawn last. @type {ReturnType<typeof rowsInView>} */
    this.view = { first: 0, last: -1, firstVisible: 0, lastVisible: -1 };
    /** Which of their pictures are asked for now. @type {'none'|'visible'|'all'} */
    this.reach = 'none';
    this.lastScroll = { top: 0, time: 0 };
    /** The part of the list that was drawn last. */
    this.seen = { top: 0, height: 0 };
    this.frame = 0;
    this.settle = 0;
    this.width = 0;
    this.canvas = document.createElement('div');
    this.canvas.className = 'grid__canvas';
    this.canvas.setAttribute('role', 'presentation');
    this.host.append(this.canvas);
    this.scroller = new Scroller(this.host, this.canvas);
    this.cards = new FolderCards(this);
    this.headings = new Headings(this.canvas, {
      words: options.headings,
      isSelected: (range) => this.isRangeSelected(range),
      onCheck: options.onCheckRange,
    });
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
    this.retries.clear();
    this.current = current;
    this.host.setAttribute('aria-label', label || this.options.label);
    this.known.clear();
    this.recycleAll();
    this.arrange();
    this.scroller.jump(anchor ? this.topOf(anchor) : 0);
    this.draw(true);
  }

  empty() {
    if (this.source !== EMPTY) this.show(EMPTY, { label: '' });
  }

  /**
   * Items are known that were not.
   * @param {number} first
   * @param {number} count
   */
  arrived(first, count) {
    if (this.source.shape === 'justified') {
      this.relayout();
      return;
    }
    for (const row of this.rows.values()) {
      for (const [column, tile] of row.tiles.entries()) {
        if (tile.item?.is === 'pending' && tile.index >= first && tile.index < first + count)
          this.bind(tile, tile.index, column);
      }
    }
    this.draw(true);
  }

  /** @param {import('../lib/arrangement.mjs').Shape} shape */
  setShape(shape) {
    this.source = { ...this.source, shape };
    this.rearrange();
  }

  /** @param {import('../lib/arrangement.mjs').Below} below */
  setBelow(below) {
    this.below = below;
    this.rearrange();
  }

  /** @param {number} wanted  width of a tile in pixels */
  setTile(wanted) {
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    this.rearrange();
  }

  /** Where the scroll stands, in terms that outlive another size of window. Null at the very top. */
  anchor() {
    const { top } = this.scroller;
    if (!this.layout.rows || top < 8) return null;
    const index = this.layout.row(this.layout.rowAt(top)).first;
    return { index, offset: top - this.layout.rect(index).top };
  }

  /** @param {{index: number, offset: number}} anchor */
  topOf({ index, offset }) {
    return index < this.layout.count ? this.layout.rect(index).top + offset : 0;
  }

  /** @param {number} top  in pixels of the list */
  scrollTo(top) {
    if (Math.abs(top - this.scroller.top) < 1) return;
    const before = this.scroller.shift;
    this.scroller.jump(top);
    if (this.scroller.shift !== before) this.recycleAll();
    this.onScroll();
  }

  /**
   * Scrolls to an item, with its heading.
   * @param {number} index
   */
  goTo(index) {
    if (index < 0 || index >= this.layout.count) return;
    this.scroller.jump(this.layout.rect(index).top - this.headRoom(index));
    this.draw(true);
  }

  /** @param {number} index */
  headRoom(index) {
    const { block, first } = this.layout.row(this.layout.rowOf(index));
    const isFirst = first === 0 || this.layout.row(this.layout.rowOf(first - 1)).block !== block;
    return isFirst && this.groups?.[block] ? heightOf(this.groups[block]) : PADDING;
  }

  /**
   * Makes an item the current one and brings it into view.
   * @param {number} index
   */
  setCurrent(index) {
    if (index < 0 || index >= this.layout.count) return;
    const before = this.current;
    this.current = index;
    const { top } = this.scroller;
    const wanted = scrollToShow(
      this.layout.rect(index),
      { top, height: this.host.clientHeight },
      PADDING,
    );
    if (wanted !== top) this.scroller.jump(index === 0 ? 0 : wanted);
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
    this.headings.refresh();
  }

  /** @param {import('./headings.mjs').Range} range */
  isRangeSelected({ first, count }) {
    for (let index = first; index < first + count; index += 1)
      if (!this.source.isSelected(index)) return false;
    return true;
  }

  /** @param {number} index */
  refresh(index) {
    this.tileOf(index)?.mark(this.source.isSelected(index), index === this.current);
  }

  /**
   * Tells assistive technology which tile is the current one, as long as it is among those that are
   * drawn.
   */
  pointAtCurrent() {
    const id = this.tileOf(this.current)?.element.id ?? null;
    if (id === this.host.getAttribute('aria-activedescendant')) return;
    if (id) this.host.setAttribute('aria-activedescendant', id);
    else this.host.removeAttribute('aria-activedescendant');
  }

  /**
   * @param {number} index
   * @returns {Tile|undefined}
   */
  tileOf(index) {
    if (index < 0 || index >= this.layout.count) return undefined;
    return this.rows.get(this.layout.rowOf(index))?.tiles.find((tile) => tile.index === index);
  }

  get isList() {
    return this.source.shape === 'list';
  }

  arrange() {
    // First, because it leaves room for the dates.
    this.host.classList.toggle('has-days', this.source.days !== null);
    for (const shape of ['justified', 'list'])
      this.host.classList.toggle(`is-${shape}`, this.source.shape === shape);
    this.host.dataset.below = this.isList ? '' : this.below;
    this.width = this.canvas.clientWidth;
    const size = {
      width: this.width,
      height: this.host.clientHeight,
      wanted: this.wanted,
      below: this.below,
    };
    const { layout, groups, columns, cardWidth } = arrange(this.source, size, this.known);
    this.layout = layout;
    this.groups = groups;
    this.cards.width = cardWidth;
    this.thumbnailPx = thumbnailSize(
      this.isList ? LINE.picture : this.width / columns,
      window.devicePixelRatio,
    );
    this.scroller.setHeight(layout.height);
    this.host.setAttribute('aria-rowcount', String(layout.rows));
    this.host.setAttribute('aria-colcount', String(columns));
  }

  /** Arranges anew without losing the place. */
  rearrange() {
    const anchor = this.anchor();
    this.known.clear();
    this.recycleAll();
    this.arrange();
    this.scroller.jump(anchor ? this.topOf({ index: anchor.index, offset: 0 }) - GAP : 0);
    this.draw(true);
  }

  /** Arranges anew because more is known of the items; what is seen stays where it is. */
  relayout() {
    const anchor = this.anchor();
    this.recycleAll();
    this.arrange();
    if (anchor) this.scroller.jump(this.topOf(anchor));
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
        if (this.scroller.moved()) this.recycleAll();
        const { top } = this.scroller;
        const speed =
          Math.abs(top - this.lastScroll.top) / Math.max(1, time - this.lastScroll.time);
        this.lastScroll = { top, time };
        this.draw(speed < FAST_PX_PER_MS);
      });
    }
  }

  /** @param {boolean} slow  whether pictures in view are asked for at once */
  draw(slow) {
    // Read before anything is written: asking the browser again after that would make it lay out
    // the page twice in a frame.
    const { top } = this.scroller;
    const height = this.host.clientHeight;
    this.seen = { top, height };
    const view = rowsInView(this.layout, { top, height, overscan: height, budget: BUDGET });
    for (const [index, row] of this.rows) {
      if (index < view.first || index > view.last) this.recycle(row);
    }
    for (let index = view.first; index <= view.last; index += 1) {
      if (!this.rows.has(index)) this.addRow(index);
    }
    for (const row of this.spare) row.element.remove();
    this.pointAtCurrent();
    this.headings.show(this.groups, this.layout, view, this.scroller.shift);
    this.view = view;
    this.reach = slow ? 'visible' : 'none';
    if (slow) this.want(view);
    this.load();
    this.options.onView();
    clearTimeout(this.settle);
    this.settle = window.setTimeout(() => this.onSettled(), SETTLED_MS);
  }

  onSettled() {
    if (this.scroller.settle()) {
      this.recycleAll();
      this.draw(true);
      return;
    }
    this.want(this.view);
    this.reach = 'all';
    this.load();
    this.cards.want();
    this.options.onScrollEnd();
  }

  /** @param {{first: number, last: number}} view  rows */
  want({ first, last }) {
    if (last < first) return;
    const end = this.layout.row(last);
    this.source.want(this.layout.row(first).first, end.first + end.size - 1);
  }

  /** @param {number} index */
  addRow(index) {
    const row = this.spare.pop() ?? {
      element: document.createElement('div'),
      tiles: [],
      index: -1,
    };
    const { top, height, first, size, block } = this.layout.row(index);
    row.index = index;
    row.element.className = `row is-block-${block}`;
    row.element.setAttribute('role', 'row');
    row.element.setAttribute('aria-rowindex', String(index + 1));
    row.element.style.transform = `translateY(${top - this.scroller.shift}px)`;
    row.element.style.height = `${height}px`;
    while (row.tiles.length > size) row.tiles.pop()?.element.remove();
    while (row.tiles.length < size) {
      const tile = new Tile(
        (loaded) => this.onLoaded(loaded),
        (failed) => this.onFailed(failed),
      );
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
    tile.bind(index, item, {
      left,
      width,
      height,
      column,
      selected: this.source.isSelected(index),
      current: index === this.current,
      detail,
      stack: item.stack ? this.options.stack(item.stack.count) : '',
      clear: this.options.isClear(item),
    });
    tile.setMarks(this.options.marks(item));
    this.describe(tile, item);
    if (this.failed.has(item.path)) tile.fail();
    if (tile.wantsCover) this.cards.show(tile);
  }

  /**
   * Shows in words what a file is: in the line of a list, or below the tile.
   * @param {Tile} tile
   * @param {Item} item
   */
  describe(tile, item) {
    const isFile = item.kind !== 'dir' && item.is !== 'pending';
    const isLine = this.isList && isFile;
    const line = isFile && (isLine || this.below === 'prompt') ? this.options.line(item) : null;
    tile.describe(isLine ? line : null, (this.below === 'prompt' && line?.prompt) || item.name);
  }

  /** More is known of files in words. */
  refreshLines() {
    for (const row of this.rows.values())
      for (const tile of row.tiles) if (tile.item) this.describe(tile, tile.item);
  }

  /** Items of the tiles that are kept as elements. */
  near() {
    return [...this.rows.values()].flatMap((row) =>
      row.tiles.flatMap((tile) => (tile.item ? [tile.item] : [])),
    );
  }

  /** @param {ReadonlySet<string>} paths  of files whose marks have changed */
  refreshMarks(paths) {
    for (const row of this.rows.values()) {
      for (const tile of row.tiles)
        if (tile.item && paths.has(tile.item.path)) tile.setMarks(this.options.marks(tile.item));
    }
  }

  /**
   * Items that a rectangle of the canvas touches.
   * @param {import('../lib/types.mjs').Rect} rect
   * @returns {number[]}
   */
  itemsIn({ top, left, width, height }) {
    /** @type {number[]} */
    const touched = [];
    if (!this.layout.rows) return touched;
    const last = this.layout.rowAt(top + height);
    for (let row = this.layout.rowAt(top); row <= last; row += 1) {
      const { first, size } = this.layout.row(row);
      for (let item = first; item < first + size; item += 1) {
        const box = this.layout.rect(item);
        if (
          box.left < left + width &&
          box.left + box.width > left &&
          box.top < top + height &&
          box.top + box.height > top
        )
          touched.push(item);
      }
    }
    return touched;
  }

  /** @param {string} path  of a file whose thumbnail is another one now, or is there now */
  reload(path) {
    for (const tile of this.tilesOf(path)) if (tile.item) this.ask(tile, tile.item, 'high');
  }

  /**
   * Those that show a file now.
   * @param {string} path
   */
  tilesOf(path) {
    return [...this.rows.values()].flatMap((row) =>
      row.tiles.filter((tile) => tile.item?.path === path),
    );
  }

  /** @param {HTMLElement} element */
  previewOf(element) {
    const item = this.tileOf(indexOf(element))?.item;
    return item?.kind === 'video' ? this.options.preview(item) : null;
  }

  /** Asks for pictures: first those in view, then those around it, few at once. */
  load() {
    for (const tile of this.asked) if (!tile.isOnItsWay) this.asked.delete(tile);
    const { first, last, firstVisible, lastVisible } = this.view;
    if (this.reach !== 'none') this.loadRows(firstVisible, lastVisible, 'high');
    if (this.reach === 'all') this.loadRows(first, last, 'low');
  }

  /** A picture has come, or will not: others take its place, some at a time. */
  loadMore() {
    const onTheirWay = [...this.asked].filter((tile) => tile.isOnItsWay);
    if (onTheirWay.length <= AT_ONCE / 2) this.load();
  }

  /**
   * How many more may be asked for. Those in view do not wait for others.
   * @param {'high'|'low'} priority
   */
  room(priority) {
    const asked = [...this.asked];
    const before = priority === 'low' ? asked : asked.filter((tile) => tile.priority === 'high');
    return AT_ONCE - before.length;
  }

  /**
   * @param {Tile} tile
   * @param {Item} item
   * @param {'high'|'low'} priority
   */
  ask(tile, item, priority) {
    tile.load(this.options.thumbnail(item, this.thumbnailPx), priority);
    this.asked.add(tile);
  }

  /**
   * Asks for the pictures of some rows, those nearest the middle first.
   * @param {number} first
   * @param {number} last
   * @param {'high'|'low'} priority
   */
  loadRows(first, last, priority) {
    let room = this.room(priority);
    if (room <= 0) return;
    const middle = (first + last) / 2;
    const near = [...this.rows.values()].filter((row) => row.index >= first && row.index <= last);
    // The top row goes first where nothing has been scrolled: that is where the eye is.
    if (this.seen.top > 0)
      near.sort((a, b) => Math.abs(a.index - middle) - Math.abs(b.index - middle));
    for (const tile of near.flatMap((row) => row.tiles)) {
      const { item } = tile;
      const isWanted =
        item && tile.wantsPicture && !this.options.isAway(item) && !this.retries.has(item.path);
      if (!isWanted) continue;
      this.ask(tile, item, priority);
      room -= 1;
      if (room === 0) return;
    }
  }

  /**
   * Gives up the pictures that are on their way, because their connections are wanted for what
   * takes their place; ``draw`` asks for them again.
   */
  yield() {
    clearTimeout(this.settle);
    this.reach = 'none';
    this.giveUp(() => true);
  }

  /**
   * Aborts the requests for pictures that are under way.
   * @param {(path: string) => boolean} isAmong  whose
   */
  giveUp(isAmong) {
    this.options.dropEarly();
    for (const row of this.rows.values()) {
      for (const tile of row.tiles) if (tile.item && isAmong(tile.item.path)) tile.giveUp();
    }
    this.cards.refresh();
  }

  /** @param {Tile} tile */
  onFailed(tile) {
    if (tile.item)
      this.retries.add(tile.item.path, this.options.thumbnail(tile.item, this.thumbnailPx));
    this.loadMore();
  }

  /** @param {Tile} tile */
  onLoaded(tile) {
    if (!tile.item) return;
    this.retries.arrived(tile.item.path);
    this.options.onThumbnail(tile.item, tile.image.naturalWidth, tile.image.naturalHeight);
    this.loadMore();
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
    const target = /** @type {Element} */ (event.target);
    const element = target.closest('.tile');
    const index = element ? indexOf(element) : -1;
    if (index < 0 || event.button > 1) return;
    // The second click of a double one is not meant for what the first has brought here.
    if (event.detail > 1 && this.clicked !== this.source) return;
    this.clicked = this.source;
    if (event.button === 0 && target.closest('.tile__check')) this.options.onCheck(index, event);
    else this.options.onActivate(index, event);
  }
}

/** @param {Element} tile */
function indexOf(tile) {
  return Number(tile.id.slice('tile-'.length));
}
