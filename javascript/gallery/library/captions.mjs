import { ApiError } from '../api/transport.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Caption} Caption */
/** @typedef {import('../lib/types.mjs').Item} Item */

const KEPT = 5000;

/** What the index says of files: the start of the prompt, the model and the seed, where these are shown. */
export class Captions {
  /** @param {Pick<Parts, 'api'|'display'|'store'>} parts */
  constructor({ api, display, store }) {
    this.api = api;
    this.display = display;
    this.store = store;
    /** By time and path, the last ones. @type {Map<string, Caption>} */
    this.known = new Map();
    this.asking = new AbortController();
  }

  get isShown() {
    const { asList, below } = this.store.state;
    return asList || below === 'prompt';
  }

  /** @param {Item} item */
  find(item) {
    return this.known.get(keyOf(item)) ?? null;
  }

  /**
   * Asks for what is not known of these files, and shows it.
   * @param {Item[]} items
   */
  async want(items) {
    if (!this.isShown) return;
    const missing = items.filter(
      (item) => item.is === 'known' && item.kind !== 'dir' && !this.known.has(keyOf(item)),
    );
    if (!missing.length) return;
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    try {
      const found = await this.api.captions(
        missing.map(({ path }) => path),
        signal,
      );
      for (const item of missing) this.keep(item, found[item.path]);
      this.display.grid?.refreshLines();
    } catch (error) {
      if (!signal.aborted && !(error instanceof ApiError)) throw error;
    }
  }

  /**
   * @param {Item} item
   * @param {Caption|undefined} caption  none of a file that is not in the index yet
   */
  keep(item, caption) {
    if (!caption) return;
    this.known.set(keyOf(item), caption);
    if (this.known.size > KEPT)
      this.known.delete(/** @type {string} */ (this.known.keys().next().value));
  }
}

/** @param {Item} item */
function keyOf({ date, path }) {
  return `${date} ${path}`;
}
