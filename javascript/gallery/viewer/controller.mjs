import { pushAddress, readAddress, readPlace, replaceAddress } from '../browser/address.mjs';
import { itemAt, toColumns } from '../lib/columns.mjs';
import { writePref } from '../browser/prefs.mjs';
import { createStore } from '../lib/store.mjs';
import { frameOf } from './player.mjs';
import { Slideshow } from './slideshow.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('./viewer.mjs').Size} Size */
/** @typedef {import('./viewer.mjs').Viewer} Viewer */

const PREPARE_MS = 1500;

/** The open picture as part of where the user is: its address, and the grid that follows it. */
export class ViewerController {
  /** @param {Pick<Parts, 'api'|'display'|'info'|'navigation'|'store'|'toasts'|'words'>} parts */
  constructor({ api, display, info, navigation, store, toasts, words }) {
    this.api = api;
    this.display = display;
    this.info = info;
    this.navigation = navigation;
    this.store = store;
    this.toasts = toasts;
    this.words = words;
    /** @type {Viewer|null} */
    this.slides = null;
    /** @type {Map<string, Size>} */
    this.sizes = new Map();
    /** How large the open picture is shown; it changes too often for the state of the page. */
    this.zoom = createStore({ percent: 0 });
    this.slideshow = new Slideshow({ api, display, store, toasts, viewer: this, words });
  }

  /** The viewer counts files only, the grid folders and files. */
  get folders() {
    return this.store.state.totals.folders;
  }

  /**
   * Loads what the viewer needs when the first pictures have been asked for and nothing is urgent
   * any more.
   */
  prepare() {
    setTimeout(() => this.slides?.prepare(), PREPARE_MS);
  }

  /** @param {number} index */
  open(index) {
    this.display.grid?.setCurrent(index);
    this.display.keepPlace();
    pushAddress(
      { ...this.display.route, open: this.display.key(this.display.item(index)) },
      { ...this.display.place(), fromGrid: true },
    );
    this.display.route = readAddress();
    this.visit(this.display.route.open);
  }

  /**
   * Shows the picture of this key, or none.
   * @param {string|null} name
   */
  visit(name) {
    const { viewing, current } = this.store.state;
    const index = this.display.indexOf(name);
    if (index < this.folders) {
      if (viewing) this.leave();
      if (name && this.display.list?.isPaged) this.navigation.toFolderOf(name);
      return;
    }
    if (viewing && current === index) return;
    this.display.grid?.setCurrent(index);
    this.store.set({ viewing: true, bare: this.store.state.vertical });
    if (this.slides?.isOpen) this.slides.goTo(index - this.folders);
    else this.slides?.open(index - this.folders);
    this.info.ask(0);
  }

  /**
   * The viewer shows another file, or has learned the size of the one it shows.
   * @param {number} slide
   */
  moved(slide) {
    const index = slide + this.folders;
    if (index === this.store.state.current) {
      this.store.set({});
      return;
    }
    this.display.grid?.setCurrent(index);
    this.slideshow.wait();
    this.display.route = {
      ...this.display.route,
      open: this.display.key(this.display.item(index)),
    };
    replaceAddress(this.display.route);
  }

  /**
   * Files of a timeline have arrived, which the viewer may be waiting for.
   * @param {number} first
   * @param {number} count
   */
  arrived(first, count) {
    const { viewing, current } = this.store.state;
    if (!viewing) return;
    for (
      let index = Math.max(first, current - 2);
      index <= Math.min(first + count - 1, current + 2);
      index += 1
    )
      this.slides?.arrived(index - this.folders);
  }

  /**
   * The files in the grid are others, or in other places: the one that is open stays, or else the
   * one that has taken its place.
   */
  renumber() {
    const { current } = this.store.state;
    if (current < this.folders) {
      this.close();
      return;
    }
    this.slides?.renumber(current - this.folders);
    this.display.route = {
      ...this.display.route,
      open: this.display.key(this.display.item(current)),
    };
    replaceAddress(this.display.route);
  }

  /** To the next picture, or the one before at the end. */
  beside() {
    if (this.store.state.current < this.display.count - 1) this.slides?.next();
    else this.slides?.previous();
  }

  /** The user closes the viewer: back to where it was opened from. */
  close() {
    if (!this.store.state.viewing) return;
    if (readPlace().fromGrid) {
      history.back();
      return;
    }
    this.display.route = { ...this.display.route, open: null };
    replaceAddress(this.display.route, this.display.place());
    this.leave();
  }

  leave() {
    this.slides?.close();
    this.slideshow.stop();
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
    this.store.set({ viewing: false });
    this.display.view?.catchUp?.();
    this.display.keepPlace();
    this.info.ask(0);
  }

  /** Another folder is visited. */
  forget() {
    this.slides?.close();
    this.sizes.clear();
    this.slideshow.stop();
    this.store.set({ viewing: false });
  }

  /** The whole screen for the page, so that the info can stay beside the picture. */
  toggleFullscreen() {
    const done = document.fullscreenElement
      ? document.exitFullscreen()
      : document.documentElement.requestFullscreen?.();
    done?.catch(() => {}); // the frame or the user does not allow it
  }

  toggleFilmstrip() {
    const filmstrip = !this.store.state.filmstrip;
    writePref('filmstrip', filmstrip);
    this.store.set({ filmstrip });
  }

  /** The open picture beside the one that others are compared with, or beside its neighbour. */
  compare() {
    const { current, pinned } = this.store.state;
    const item = this.display.currentItem;
    const beside =
      current > this.folders ? current - 1 : Math.min(current + 1, this.display.count - 1);
    const other = pinned && pinned.path !== item?.path ? pinned : this.display.item(beside);
    if (item && other.is === 'known' && other.path !== item.path)
      this.store.set({ dialog: { kind: 'compare', items: [other, item] } });
  }

  /**
   * Two files of an address beside each other. The address is left as it is without them, so that a
   * reload shows what is behind.
   * @param {[string, string]} paths
   */
  async compareFiles(paths) {
    const { display } = this;
    display.route = { ...display.route, compare: null };
    replaceAddress(display.route);
    try {
      const facts = await this.api.facts(paths);
      const columns = toColumns(paths.flatMap((path) => facts[path] ?? []));
      const items = [...Array(columns.count).keys()].map((row) => itemAt(columns, row));
      if (items.length === 2) this.store.set({ dialog: { kind: 'compare', items } });
      else this.toasts.show(this.words.t('compare.missing'));
    } catch (error) {
      this.toasts.fail(error);
    }
  }

  /** Pictures lie one below the other, a screen each, and nothing is in their way. */
  toggleVertical() {
    const vertical = !this.store.state.vertical;
    writePref('vertical', vertical);
    this.store.set({ vertical, bare: vertical });
  }

  toggleGoOn() {
    const goOn = !this.store.state.goOn;
    writePref('goOn', goOn);
    this.store.set({ goOn });
  }

  /** Videos begin again at their end, or do not; until then short ones do. */
  toggleLoop() {
    const { slides } = this;
    const player = slides?.player;
    if (!slides || !player) return;
    const loop = !slides.players.loops(player);
    writePref('loop', loop);
    this.store.set({ loop });
    player.loop = loop;
  }

  /** Shows the video by the frame that is to be seen, from now on. */
  async setCover() {
    const item = this.display.currentItem;
    if (!item || this.store.state.readOnly) return;
    const picture = await frameOf(this.slides?.player ?? null);
    if (!picture) return;
    try {
      await this.api.setCover(item.path, picture);
      this.api.outdate(item.path);
      this.display.grid?.reload(item.path);
      this.toasts.show(this.words.t('viewer.coverSet'));
    } catch (error) {
      this.toasts.fail(error);
    }
  }

  /** The files after and before the one that is open. */
  neighbours() {
    const { viewing, current } = this.store.state;
    if (!viewing) return [];
    return [current + 1, current - 1]
      .filter((i) => i >= this.folders && i < this.display.count)
      .map((i) => this.display.item(i));
  }

  /** Pixels of the current picture, where they are known. */
  pixels() {
    const item = this.display.currentItem;
    const size = item ? this.sizes.get(item.path) : null;
    return size?.exact ? size : null;
  }
}
