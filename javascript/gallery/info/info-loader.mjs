import { ApiError } from '../api/transport.mjs';
import { writePref } from '../browser/prefs.mjs';
import { GenerationInfoCache } from './generation-info-cache.mjs';

/** @typedef {import('../lib/types.mjs').GenerationInfo} GenerationInfo */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../app/parts.mjs').Parts} Parts */

/** Running over pictures by key asks only for the one where it stops. */
const DELAY_MS = 100;

/** Loads how the current picture was made, for the panel. */
export class InfoLoader {
  /**
   * @param {Pick<Parts, 'api'|'display'|'store'|'toasts'|'words'>} parts
   * @param {() => Item[]} neighbours  files that the viewer shows next
   */
  constructor({ api, display, store, toasts, words }, neighbours) {
    this.api = api;
    this.display = display;
    this.store = store;
    this.toasts = toasts;
    this.neighbours = neighbours;
    this.words = words;
    this.cache = new GenerationInfoCache(api);
    this.asking = new AbortController();
    this.timer = 0;
  }

  get isOpen() {
    const { viewing, infoInViewer, infoInGrid } = this.store.state;
    return viewing ? infoInViewer : infoInGrid;
  }

  toggle() {
    const name = this.store.state.viewing ? 'infoInViewer' : 'infoInGrid';
    const open = !this.isOpen;
    writePref(name, open);
    this.store.set({ [name]: open });
    this.ask(0);
  }

  /** @param {Item} item */
  find(item) {
    return item.kind === 'dir' ? null : this.cache.find(item);
  }

  /**
   * A text of each file that has one, blank lines between; '' where none has, or the server does not answer.
   * @param {Item[]} items
   * @param {(info: GenerationInfo) => string} pick
   * @returns {Promise<string>}
   */
  async texts(items, pick) {
    try {
      const infos = await this.cache.load(items.filter((item) => item.kind !== 'dir'));
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
    if (item.kind !== 'image' || this.store.state.readOnly) return;
    const [info] = await this.cache.load([item]).catch((error) => {
      this.toasts.fail(error);
      return [null];
    });
    if (info) this.store.set({ dialog: { kind: 'text', item, text: info.infotext } });
  }

  /** Keeps the current picture to compare others with it, or lets go of it. */
  async pin() {
    const item = this.display.currentItem;
    if (!item || item.kind === 'dir') return;
    const pinned = this.store.state.pinned?.path === item.path ? null : item;
    this.store.set({ pinned });
    if (!this.isOpen) this.toggle();
    this.toasts.show(this.words.t(pinned ? 'info.pinned' : 'info.unpinned'));
  }

  /** What the panel compares with. */
  get reference() {
    const { pinned } = this.store.state;
    return (
      pinned && {
        name: pinned.name,
        info: this.cache.find(pinned),
        isSelf: this.display.currentItem?.path === pinned.path,
      }
    );
  }

  /** @param {number} delayMs */
  ask(delayMs = DELAY_MS) {
    clearTimeout(this.timer);
    this.asking.abort();
    const item = this.display.currentItem;
    if (!item || item.kind === 'dir' || !this.isOpen) return;
    this.timer = setTimeout(() => this.load(item), delayMs);
  }

  /** @param {Item} item */
  async load(item) {
    this.asking = new AbortController();
    const { signal } = this.asking;
    try {
      const { pinned } = this.store.state;
      const [info] = await this.cache.load(pinned ? [item, pinned] : [item], signal);
      if (signal.aborted) return;
      this.store.set({ info, infoFailed: info === null });
      await this.cache.load(this.neighbours(), signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      if (!this.store.state.info) this.store.set({ infoFailed: true });
    }
  }
}
