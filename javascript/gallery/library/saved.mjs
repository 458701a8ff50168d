import { ApiError } from '../api/transport.mjs';
import { readPref, writePref } from '../browser/prefs.mjs';
import { moved } from '../lib/order.mjs';
import { baseName } from '../lib/paths.mjs';
import { isSamePlace, keyOfSaved, readSaved } from '../lib/saved.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/saved.mjs').Saved} Saved */

/** The name under which the server keeps them, so that every browser of the user has the same. */
const SAVED = 'saved_searches';
/** Counts are asked for again after a change of the index, no more often than this. */
const PAUSE_MS = 10_000;

/** Saved searches and pinned folders, in the user's order, with how many files each has. */
export class SavedPlaces {
  /** @param {Pick<Parts, 'api'|'store'|'undo'|'words'>} parts */
  constructor({ api, store, undo, words }) {
    this.api = api;
    this.store = store;
    this.undo = undo;
    this.words = words;
    this.timer = 0;
    this.time = -Infinity;
    this.changes = 0;
  }

  /** @param {Record<string, unknown>} settings  as the server keeps them */
  takeOver(settings) {
    const kept = readSaved(settings[SAVED]);
    this.store.set({ saved: kept ?? readSaved(readPref('saved', [], Array.isArray)) ?? [] });
  }

  /** @param {Pick<Saved, 'query'|'folder'>} place */
  find(place) {
    return this.store.state.saved.find((one) => isSamePlace(one, place)) ?? null;
  }

  /**
   * Asks for the name of a search, and saves it.
   * @param {string} query
   * @param {string|null} folder
   */
  askToSave(query, folder) {
    const { t } = this.words;
    const run = (/** @type {string} */ name) => this.add({ name, query, folder });
    const [title, verb] = [t('search.save'), t('dialog.save')];
    this.store.set({
      dialog: { kind: 'name', title, verb, name: '', suggested: query.slice(0, 200), run },
    });
  }

  /** @param {string} folder */
  async pin(folder) {
    const place = { query: '', folder };
    const pinned = this.find(place);
    if (pinned) await this.remove(pinned);
    else await this.add({ ...place, name: baseName(folder) });
  }

  /** @param {Saved} place */
  async add(place) {
    await this.put([...this.store.state.saved.filter((one) => !isSamePlace(one, place)), place]);
    await this.count();
  }

  /** @param {Saved} place */
  askForName(place) {
    const { t } = this.words;
    const { saved } = this.store.state;
    const run = (/** @type {string} */ name) =>
      this.put(saved.map((one) => (one === place ? { ...one, name } : one)));
    const [title, verb] = [t('action.rename'), t('action.rename')];
    this.store.set({ dialog: { kind: 'name', title, verb, name: place.name, run } });
  }

  /** @param {Saved} place */
  async remove(place) {
    const before = this.store.state.saved;
    await this.put(before.filter((one) => one !== place));
    this.changes += 1;
    const text = this.words.t('saved.removed', { name: place.name });
    this.undo.offer(text, `saved ${this.changes}`, () => this.put(before));
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  async move(from, to) {
    const { saved } = this.store.state;
    if (from !== to && to >= 0 && to < saved.length) await this.put(moved(saved, from, to));
  }

  /** @param {Saved[]} saved */
  async put(saved) {
    this.store.set({ saved });
    writePref('saved', saved);
    try {
      await this.api.saveSetting(SAVED, saved);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // a server that is read only: this browser keeps it
    }
  }

  /** Asks how many files each has, one after the other: none is worth a delay of anything else. */
  async count() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.time = performance.now();
    for (const place of this.store.state.saved) {
      const { total } = await this.api.countFiles(place).catch(notCounted);
      const savedCounts = { ...this.store.state.savedCounts, [keyOfSaved(place)]: total };
      this.store.set({ savedCounts });
    }
  }

  /** The index has changed. */
  follow() {
    if (this.timer) return;
    const pause = Math.max(0, PAUSE_MS - (performance.now() - this.time));
    this.timer = Number(setTimeout(() => this.count(), pause));
  }
}

/**
 * @param {unknown} error
 * @returns {{total: number|null}}
 */
function notCounted(error) {
  if (error instanceof ApiError) return { total: null };
  throw error;
}
