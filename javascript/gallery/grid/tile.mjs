import { extension } from '../lib/media.mjs';
import { iconElement } from '../ui/icons.mjs';
import { Cover } from './card-cover.mjs';
import { TileLine } from './tile-line.mjs';

/**
 * Where a tile is, and how it is shown.
 * @typedef {Object} Look
 * @property {number} left
 * @property {number} width
 * @property {number} height
 * @property {number} column
 * @property {boolean} selected
 * @property {boolean} current
 * @property {string} detail
 * @property {string} stack  of how many files it is the cover, in words; '' for one that stands alone
 * @property {boolean} clear  it is known not to be blurred
 */

/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../lib/types.mjs').Kind} Kind */

/** @type {Record<Kind, string>} */
const ICONS = {
  dir: 'folder',
  image: 'image',
  video: 'film',
  audio: 'audio-lines',
  other: 'image',
};

/**
 * One cell of the grid. It is built once and shows one item after the other, because making
 * elements is what costs while scrolling.
 */
export class Tile {
  /**
   * @param {(tile: Tile) => void} onLoaded
   * @param {(tile: Tile) => void} onFailed  its picture did not come; whoever is told says by ``fail`` that
   *   it never will
   */
  constructor(onLoaded, onFailed) {
    this.index = -1;
    /** @type {Item|null} */
    this.item = null;
    /** @type {Kind|null} */
    this.shape = null;
    /** Made where the grid is a list. @type {TileLine|null} */
    this.line = null;
    /** How urgent its picture is. @type {'high'|'low'} */
    this.priority = 'low';
    this.element = document.createElement('div');
    this.element.setAttribute('role', 'gridcell');
    this.element.draggable = true;
    this.image = document.createElement('img');
    this.image.alt = '';
    this.image.decoding = 'async';
    this.image.draggable = false;
    this.icon = document.createElement('span');
    this.icon.className = 'tile__icon';
    this.cover = new Cover();
    this.check = document.createElement('span');
    this.check.className = 'check tile__check';
    this.check.append(iconElement('check'));
    this.badge = document.createElement('span');
    this.badge.className = 'tile__badge';
    this.badge.setAttribute('aria-hidden', 'true'); // the name says it too
    this.stack = document.createElement('span');
    this.stack.className = 'tile__stack';
    this.marks = document.createElement('span');
    this.marks.className = 'tile__marks';
    this.name = document.createElement('span');
    this.name.className = 'tile__name';
    this.detail = document.createElement('span');
    this.detail.className = 'tile__detail';
    this.element.append(
      this.image,
      this.icon,
      this.cover.element,
      this.check,
      this.badge,
      this.stack,
      this.marks,
      this.name,
      this.detail,
    );
    this.image.addEventListener('load', () => {
      this.element.classList.add('is-loaded');
      onLoaded(this);
    });
    this.image.addEventListener('error', () => {
      if (!this.image.hasAttribute('src')) return;
      this.image.removeAttribute('src');
      onFailed(this);
    });
  }

  /**
   * Takes the place of one item; the picture itself comes later, by ``load``.
   * @param {number} index
   * @param {Item} item
   * @param {Look} look
   */
  bind(index, item, look) {
    this.release();
    this.index = index;
    this.item = item;
    const { element } = this;
    element.className = `tile is-${item.kind} is-${item.is}`;
    element.id = `tile-${index}`;
    element.setAttribute('aria-colindex', String(look.column + 1));
    element.title = item.name;
    element.style.setProperty('--mean', item.color);
    if (item.kind === 'dir') element.dataset.folder = item.path;
    else delete element.dataset.folder;
    this.setPath(item, look.clear);
    this.mark(look.selected, look.current);
    if (!item.online) element.classList.add('is-offline');
    this.place(look);
    this.setShape(item.kind);
    this.detail.textContent = look.detail;
    this.badge.textContent = badgeOf(item);
    this.badge.setAttribute('aria-hidden', String(item.similarity === undefined));
    this.setStack(item, look.stack);
  }

  /**
   * @param {import('./tile-line.mjs').Line|null} line  what a list says; null: this is a tile
   * @param {string} name
   */
  describe(line, name) {
    if (this.name.textContent !== name) this.name.textContent = name;
    if (line && !this.line) {
      this.line = new TileLine();
      this.element.append(this.line.element);
    }
    this.line?.show(line);
  }

  /**
   * Shows of how many files the item is the cover.
   * @param {Item} item
   * @param {string} label  the same in words
   */
  setStack({ stack }, label) {
    this.element.classList.toggle('is-stack', stack !== undefined);
    const text = stack ? String(stack.count) : '';
    if (this.stack.dataset.count === text) return;
    this.stack.dataset.count = text;
    this.stack.replaceChildren(...(text ? [iconElement('layers'), text] : []));
    this.stack.ariaLabel = label;
    this.stack.role = label ? 'img' : null;
  }

  /**
   * Says what the picture shows, for those that are blurred.
   * @param {Item} item
   * @param {boolean} isClear
   */
  setPath({ blurred, kind, path }, isClear) {
    const { image } = this;
    image.classList.toggle('is-clear', isClear);
    if (blurred === undefined) delete image.dataset.blur;
    else image.dataset.blur = blurred ? 'yes' : 'no';
    if (kind === 'dir') delete image.dataset.path;
    else image.dataset.path = path;
  }

  /**
   * Shows the user's stars and liking.
   * @param {{rating: number, liked: boolean, label: string}} marks  label: the same in words
   */
  setMarks({ rating, liked, label }) {
    const key = `${rating} ${liked}`;
    if (this.marks.dataset.key === key) return;
    this.marks.dataset.key = key;
    this.marks.replaceChildren(
      ...(rating ? [String(rating), iconElement('star')] : []),
      ...(liked ? [iconElement('heart')] : []),
    );
    this.marks.ariaLabel = label;
    this.marks.role = label ? 'img' : null;
  }

  /** @param {{left: number, width: number, height: number}} rect */
  place({ left, width, height }) {
    const { style } = this.element;
    style.transform = `translateX(${left}px)`;
    style.width = `${width}px`;
    style.height = `${height}px`;
  }

  /**
   * @param {boolean} selected
   * @param {boolean} current
   */
  mark(selected, current) {
    this.element.classList.toggle('is-selected', selected);
    this.element.classList.toggle('is-current', current);
    this.element.setAttribute('aria-selected', String(selected));
  }

  /**
   * @param {string} url
   * @param {'high'|'low'} priority
   */
  load(url, priority) {
    this.priority = priority;
    this.image.fetchPriority = priority;
    this.image.src = url;
    // A picture that the browser still has is there at once, and fading it in again would flicker.
    if (this.image.complete && this.image.naturalWidth)
      this.element.classList.add('is-loaded', 'is-instant');
  }

  /** A request that is under way is aborted. */
  giveUp() {
    if (!this.element.classList.contains('is-loaded')) this.image.removeAttribute('src');
  }

  get wantsPicture() {
    return (
      this.item?.is === 'known' &&
      this.item.kind !== 'dir' &&
      !this.image.hasAttribute('src') &&
      !this.element.classList.contains('is-broken')
    );
  }

  /** Its picture was asked for, and has not come. */
  get isOnItsWay() {
    return this.image.hasAttribute('src') && !this.element.classList.contains('is-loaded');
  }

  get wantsCover() {
    return this.item?.kind === 'dir' && this.item.online;
  }

  /** Lets go of the item; a request that is under way is aborted with it. */
  release() {
    if (this.image.hasAttribute('src')) this.image.removeAttribute('src');
    if (this.cover.shown) this.cover.clear();
    this.element.classList.remove('is-loaded', 'is-instant');
    this.item = null;
    this.index = -1;
  }

  /** Shows that there is no picture to be had. A video or sound may still play, so it keeps its own icon. */
  fail() {
    this.image.removeAttribute('src');
    this.element.classList.add('is-broken');
    if (this.item?.kind !== 'image') return;
    this.icon.replaceChildren(iconElement('image-off'));
    this.shape = null;
  }

  /** @param {Kind} kind */
  setShape(kind) {
    if (this.shape === kind) return;
    this.shape = kind;
    this.icon.replaceChildren(iconElement(ICONS[kind]));
  }
}

/**
 * How similar a file is to what was asked for, and how long it plays.
 * @param {Item} item
 */
function badgeOf(item) {
  const { similarity } = item;
  const percent = similarity === undefined ? '' : `${Math.max(0, Math.round(100 * similarity))} %`;
  return [percent, lengthOf(item)].filter(Boolean).join(' · ');
}

/**
 * How long a video or sound is, or its format where that is not known.
 * @param {Item} item
 */
function lengthOf({ kind, duration, name }) {
  if (kind !== 'video' && kind !== 'audio') return '';
  if (!duration) return extension(name).toUpperCase();
  const seconds = Math.max(1, Math.round(duration));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const clock = [minutes, seconds % 60].map((part, i) =>
    i || hours ? String(part).padStart(2, '0') : String(part),
  );
  return [...(hours ? [hours] : []), ...clock].join(':');
}
