import { ApiError } from '../api.mjs';
import { pushAddress, readAddress, readPlace, replaceAddress } from '../browser/address.mjs';
import { frameOf } from './player.mjs';
import { writePref } from '../browser/prefs.mjs';
import { Slideshow } from './slideshow.mjs';

/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */
/** @typedef {import('./viewer.mjs').Size} Size */
/** @typedef {import('./viewer.mjs').Viewer} Viewer */

const PREPARE_MS = 1500;

/** The open picture as part of where the user is: its address, and the grid that follows it. */
export class Viewing {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
    /** @type {Viewer|null} */
    this.viewer = null;
    /** @type {Map<string, Size>} */
    this.sizes = new Map();
    this.slideshow = new Slideshow(gallery);
  }

  /** The viewer counts files only, the grid folders and files. */
  get folders() {
    return this.gallery.state.totals.folders;
  }

  /**
   * Loads what the viewer needs when the first pictures have been asked for and nothing is urgent
   * any more.
   */
  prepare() {
    setTimeout(() => this.viewer?.prepare(), PREPARE_MS);
  }

  /** @param {number} index */
  open(index) {
    const { gallery } = this;
    gallery.grid?.setCurrent(index);
    gallery.keepPlace();
    pushAddress(
      { ...gallery.route, open: gallery.key(gallery.item(index)) },
      { ...gallery.place(), fromGrid: true },
    );
    gallery.route = readAddress();
    this.visit(gallery.route.open);
  }

  /**
   * Shows the picture of this key, or none.
   * @param {string|null} name
   */
  visit(name) {
    const { gallery } = this;
    const { viewing, current } = gallery.state;
    const index = gallery.indexOf(name);
    if (index < this.folders) {
      if (viewing) this.leave();
      if (name && gallery.isTimeline) gallery.navigating.toFolderOf(name);
      return;
    }
    if (viewing && current === index) return;
    gallery.grid?.setCurrent(index);
    gallery.set({ viewing: true, bare: false });
    if (this.viewer?.isOpen) this.viewer.goTo(index - this.folders);
    else this.viewer?.open(index - this.folders);
    gallery.info.ask(0);
  }

  /**
   * The viewer shows another file, or has learned the size of the one it shows.
   * @param {number} slide
   */
  moved(slide) {
    const { gallery } = this;
    const index = slide + this.folders;
    if (index === gallery.state.current) {
      gallery.set({});
      return;
    }
    gallery.grid?.setCurrent(index);
    this.slideshow.wait();
    gallery.route = { ...gallery.route, open: gallery.key(gallery.item(index)) };
    replaceAddress(gallery.route);
  }

  /**
   * Files of a timeline have arrived, which the viewer may be waiting for.
   * @param {number} first
   * @param {number} count
   */
  arrived(first, count) {
    const { viewing, current } = this.gallery.state;
    if (!viewing) return;
    for (
      let index = Math.max(first, current - 2);
      index <= Math.min(first + count - 1, current + 2);
      index += 1
    )
      this.viewer?.arrived(index - this.folders);
  }

  /**
   * The files in the grid are others, or in other places: the one that is open stays, or else the
   * one that has taken its place.
   */
  renumber() {
    const { gallery } = this;
    const { current } = gallery.state;
    if (current < this.folders) {
      this.close();
      return;
    }
    this.viewer?.renumber(current - this.folders);
    gallery.route = { ...gallery.route, open: gallery.key(gallery.item(current)) };
    replaceAddress(gallery.route);
  }

  /** To the next picture, or the one before at the end. */
  beside() {
    const { gallery } = this;
    if (gallery.state.current < gallery.count - 1) this.viewer?.next();
    else this.viewer?.previous();
  }

  /** The user closes the viewer: back to where it was opened from. */
  close() {
    const { gallery } = this;
    if (!gallery.state.viewing) return;
    if (readPlace().fromGrid) {
      history.back();
      return;
    }
    gallery.route = { ...gallery.route, open: null };
    replaceAddress(gallery.route, gallery.place());
    this.leave();
  }

  leave() {
    const { gallery } = this;
    this.viewer?.close();
    this.slideshow.stop();
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
    gallery.set({ viewing: false });
    gallery.refreshing.show();
    gallery.keepPlace();
    gallery.grid?.host.focus({ preventScroll: true });
    gallery.info.ask(0);
  }

  /** Another folder is visited. */
  forget() {
    this.viewer?.close();
    this.sizes.clear();
    this.slideshow.stop();
    this.gallery.set({ viewing: false });
  }

  /** The whole screen for the page, so that the info can stay beside the picture. */
  toggleFullscreen() {
    const done = document.fullscreenElement
      ? document.exitFullscreen()
      : document.documentElement.requestFullscreen?.();
    done?.catch(() => {}); // the frame or the user does not allow it
  }

  toggleFilmstrip() {
    const filmstrip = !this.gallery.state.filmstrip;
    writePref('filmstrip', filmstrip);
    this.gallery.set({ filmstrip });
  }

  /** The open picture beside the one that others are compared with, or beside its neighbour. */
  compare() {
    const { gallery } = this;
    const { current, pinned } = gallery.state;
    const item = gallery.currentItem;
    const beside = current > this.folders ? current - 1 : Math.min(current + 1, gallery.count - 1);
    const other = pinned && pinned.path !== item?.path ? pinned : gallery.item(beside);
    if (item && other.is === 'known' && other.path !== item.path)
      gallery.set({ dialog: { kind: 'compare', items: [other, item] } });
  }

  toggleGoOn() {
    const goOn = !this.gallery.state.goOn;
    writePref('goOn', goOn);
    this.gallery.set({ goOn });
  }

  /** Shows the video by the frame that is to be seen, from now on. */
  async setCover() {
    const { gallery } = this;
    const item = gallery.currentItem;
    if (!item || gallery.state.readOnly) return;
    const picture = await frameOf(this.viewer?.player ?? null);
    if (!picture) return;
    try {
      await gallery.api.setCover(item.path, picture);
      gallery.api.outdate(item.path);
      gallery.grid?.reload(item.path);
      gallery.toasts.tell(gallery.words.t('viewer.coverSet'));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      gallery.acting.fail(error);
    }
  }

  /** The files after and before the one that is open. */
  neighbours() {
    const { gallery } = this;
    const { viewing, current } = gallery.state;
    if (!viewing) return [];
    return [current + 1, current - 1]
      .filter((i) => i >= this.folders && i < gallery.count)
      .map((i) => gallery.item(i));
  }

  /** Pixels of the current picture, where they are known. */
  pixels() {
    const item = this.gallery.currentItem;
    const size = item ? this.sizes.get(item.path) : null;
    return size?.exact ? size : null;
  }
}
