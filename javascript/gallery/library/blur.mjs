import { ApiError } from '../api/transport.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Item} Item */

/** The name under which the server keeps the terms. */
const BLUR_TERMS = 'blur_terms';
/** Whatever shows a file has its path in this attribute; it is blurred until it has the class. */
const SHOWS = '[data-path]';
const CLEAR = 'is-clear';
const MOST = 500;
/** Elements that appear together are asked about together. */
const PAUSE_MS = 30;

/**
 * Blurs the pictures that the user's terms find. What shows a picture is blurred from the start and becomes
 * clear when it is known to be, so that nothing is seen before: files of a timeline say it with their row,
 * of all others the server is asked.
 */
export class Blur {
  /** @param {Pick<Parts, 'api'|'store'>} parts */
  constructor({ api, store }) {
    this.api = api;
    this.store = store;
    /** Whether a file is blurred, by path, as the server has answered. @type {Map<string, boolean>} */
    this.known = new Map();
    /** @type {Set<string>} */
    this.wanted = new Set();
    this.timer = 0;
    this.observer = /** @type {MutationObserver|null} */ (null);
  }

  /** @param {Record<string, unknown>} settings  as the server keeps them */
  takeOver(settings) {
    const kept = settings[BLUR_TERMS];
    this.setTerms(Array.isArray(kept) ? kept.filter((term) => typeof term === 'string') : []);
  }

  /** @param {string[]} blurTerms */
  setTerms(blurTerms) {
    this.known.clear();
    this.store.set({ blurTerms });
    if (!blurTerms.length) return;
    this.watch();
    this.refresh();
  }

  /** Shows all pictures until the page is loaded again, or blurs them again. */
  toggle() {
    const { blurTerms, unblurred } = this.store.state;
    if (blurTerms.length) this.store.set({ unblurred: !unblurred });
  }

  /**
   * Whether a file is known not to be blurred.
   * @param {Pick<Item, 'path'|'blurred'>} item
   */
  isClear({ blurred, path }) {
    return (this.known.get(path) ?? blurred) === false;
  }

  /** Follows what the page shows. */
  watch() {
    if (this.observer) return;
    this.observer = new MutationObserver((records) => records.forEach((one) => this.meet(one)));
    const what = { subtree: true, childList: true, attributeFilter: ['data-path'] };
    this.observer.observe(document.documentElement, what);
  }

  /** @param {MutationRecord} record */
  meet({ addedNodes, target, type }) {
    if (type === 'attributes') this.look(/** @type {HTMLElement} */ (target));
    for (const node of addedNodes) {
      if (!(node instanceof HTMLElement)) continue;
      if (node.matches(SHOWS)) this.look(node);
      for (const inside of node.querySelectorAll(SHOWS))
        this.look(/** @type {HTMLElement} */ (inside));
    }
  }

  /** @param {HTMLElement} element  that shows a file */
  look(element) {
    const path = element.dataset.path ?? '';
    const blurred = this.known.get(path);
    // A tile says itself what its row has said.
    if (blurred !== undefined) element.classList.toggle(CLEAR, !blurred);
    else if (!element.dataset.blur && path) this.ask(path);
  }

  /** @param {string} path */
  ask(path) {
    this.wanted.add(path);
    if (this.timer) return;
    this.timer = Number(setTimeout(() => this.askNow(), PAUSE_MS));
  }

  async askNow() {
    this.timer = 0;
    const paths = [...this.wanted].slice(0, MOST);
    this.wanted = new Set([...this.wanted].slice(MOST));
    if (!paths.length) return;
    try {
      const blurred = new Set(await this.api.blurred(paths));
      for (const path of paths) this.known.set(path, blurred.has(path));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // they stay blurred
    }
    this.show();
    if (this.wanted.size) await this.askNow();
  }

  /** What is known now of all that is shown. */
  show() {
    for (const element of document.querySelectorAll(SHOWS)) {
      const blurred = this.known.get(/** @type {HTMLElement} */ (element).dataset.path ?? '');
      if (blurred !== undefined) element.classList.toggle(CLEAR, !blurred);
    }
  }

  /** Asks again about all that is shown: the index or the terms have changed. */
  refresh() {
    if (!this.store.state.blurTerms.length) return;
    const shown = [...document.querySelectorAll(SHOWS)];
    const paths = shown.map((element) => /** @type {HTMLElement} */ (element).dataset.path ?? '');
    const seen = new Set(paths);
    for (const path of this.known.keys()) if (!seen.has(path)) this.known.delete(path);
    paths.filter(Boolean).forEach((path) => this.ask(path));
  }
}
