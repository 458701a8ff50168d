import { ApiError } from '../api.mjs';
import { Details } from './generation-info-cache.mjs';
import { writePref } from '../browser/prefs.mjs';

/** @typedef {import('../lib/types.mjs').GenerationInfo} GenerationInfo */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

/** Running over pictures by key asks only for the one where it stops. */
const DELAY_MS = 100;

/** The panel that tells how the current picture was made. */
export class InfoAsker {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
    this.details = new Details(gallery.api);
    this.asking = new AbortController();
    this.timer = 0;
  }

  get isOpen() {
    const { viewing, infoInViewer, infoInGrid } = this.gallery.state;
    return viewing ? infoInViewer : infoInGrid;
  }

  toggle() {
    const name = this.gallery.state.viewing ? 'infoInViewer' : 'infoInGrid';
    const open = !this.isOpen;
    writePref(name, open);
    this.gallery.set({ [name]: open });
    this.ask(0);
  }

  /** @param {Item} item */
  find(item) {
    return item.kind === 'dir' ? null : this.details.find(item);
  }

  /**
   * A text of each file that has one, blank lines between; '' where none has, or the server does not tell.
   * @param {Item[]} items
   * @param {(info: GenerationInfo) => string} pick
   * @returns {Promise<string>}
   */
  async texts(items, pick) {
    try {
      const infos = await this.details.load(items.filter((item) => item.kind !== 'dir'));
      return infos
        .map((info) => (info ? pick(info) : ''))
        .filter(Boolean)
        .join('\n\n');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return '';
    }
  }

  /**
   * Opens the text of a picture for editing.
   * @param {Item} item
   */
  async edit(item) {
    if (item.kind !== 'image' || this.gallery.state.readOnly) return;
    const [info] = await this.details.load([item]).catch((error) => {
      this.gallery.acting.fail(error);
      return [null];
    });
    if (info) this.gallery.set({ dialog: { kind: 'text', item, text: info.infotext } });
  }

  /** Keeps the current picture to compare others with it, or lets go of it. */
  async pin() {
    const { gallery } = this;
    const item = gallery.currentItem;
    if (!item || item.kind === 'dir') return;
    const pinned = gallery.state.pinned?.path === item.path ? null : item;
    gallery.set({ pinned });
    if (!this.isOpen) this.toggle();
    gallery.toasts.tell(gallery.words.t(pinned ? 'info.pinned' : 'info.unpinned'));
  }

  /** What the panel compares with. */
  get reference() {
    const { pinned } = this.gallery.state;
    return (
      pinned && {
        name: pinned.name,
        info: this.details.find(pinned),
        isSelf: this.gallery.currentItem?.path === pinned.path,
      }
    );
  }

  /** @param {number} delayMs */
  ask(delayMs = DELAY_MS) {
    clearTimeout(this.timer);
    this.asking.abort();
    const item = this.gallery.currentItem;
    if (!item || item.kind === 'dir' || !this.isOpen) return;
    this.timer = window.setTimeout(() => this.load(item), delayMs);
  }

  /** @param {Item} item */
  async load(item) {
    this.asking = new AbortController();
    const { signal } = this.asking;
    const { gallery } = this;
    try {
      const { pinned } = gallery.state;
      const [info] = await this.details.load(pinned ? [item, pinned] : [item], signal);
      if (signal.aborted) return;
      gallery.set({ info, infoFailed: info === null });
      await this.details.load(gallery.viewing.neighbours(), signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      if (!gallery.state.info) gallery.set({ infoFailed: true });
    }
  }
}
