import { ApiError } from '../api/transport.mjs';
import { readPref, writePref } from '../browser/prefs.mjs';
import { isWithin } from '../lib/paths.mjs';
import { nameKey } from '../lib/sort.mjs';

/** @typedef {import('../lib/types.mjs').Folder} Folder */
/** @typedef {import('../app/parts.mjs').Parts} Parts */

/** @type {(value: unknown) => value is boolean} */
const isBoolean = (value) => typeof value === 'boolean';

/** Of more folders in one no counts are asked for. */
const COUNTED = 1000;

/** The tree of folders beside the pictures. What is below a folder is asked for when it is opened. */
export class Tree {
  /** @param {Pick<Parts, 'api'|'store'>} parts */
  constructor({ api, store }) {
    this.api = api;
    this.store = store;
    /** @type {Map<string, Folder[]>} what is directly below a folder */
    this.below = new Map();
    /** @type {Map<string, number>} files in and below a folder */
    this.counts = new Map();
    /** @type {Set<string>} */
    this.open = new Set();
    this.isShown = readPref('tree', false, isBoolean);
  }

  show() {
    this.isShown = !this.isShown;
    writePref('tree', this.isShown);
    this.store.set({});
    this.follow();
  }

  /** Opens the way to the folder that is shown. */
  async follow() {
    const { folder, roots, view } = this.store.state;
    if (!this.isShown || view !== 'folders' || folder === null) return;
    let level = roots.filter((root) => isWithin(folder, root.path)).map((root) => root.path);
    while (level.length) {
      await Promise.all(level.map((path) => this.load(path)));
      for (const path of level) if (path !== folder) this.open.add(path);
      level = level
        .flatMap((path) => this.below.get(path) ?? [])
        .map(({ path }) => path)
        .filter((path) => isWithin(folder, path));
    }
    this.store.set({});
  }

  /** @param {string} path */
  async toggle(path) {
    if (!this.open.delete(path)) {
      this.open.add(path);
      await this.load(path, true);
    }
    this.store.set({});
  }

  /**
   * @param {string} path
   * @param {boolean} [anew]
   */
  async load(path, anew = false) {
    if (this.below.has(path) && !anew) return;
    try {
      const folders = (await this.api.folders(path)).map(({ name, fullpath }) => ({
        name,
        path: fullpath,
      }));
      this.below.set(
        path,
        folders.sort((a, b) => (nameKey(a.name) < nameKey(b.name) ? -1 : 1)),
      );
      await this.count(folders);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.below.set(path, []);
    }
  }

  /** @param {Folder[]} folders */
  async count(folders) {
    const paths = folders.slice(0, COUNTED).map(({ path }) => path);
    if (!paths.length) return;
    try {
      const counts = await this.api.folderCounts(paths);
      for (const path of paths) this.counts.set(path, counts[path]);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  /**
   * The rows that are to be seen.
   * @returns {{path: string, name: string, depth: number, open: boolean|null, count?: number}[]}  open:
   *   null for a folder known to hold none
   */
  rows() {
    /** @type {ReturnType<Tree['rows']>} */
    const rows = [];
    /**
     * @param {(Folder & {count?: number})[]} folders
     * @param {number} depth
     */
    const add = (folders, depth) => {
      for (const { path, name, count = this.counts.get(path) } of folders) {
        const below = this.below.get(path);
        const open = this.open.has(path);
        rows.push({ path, name, depth, open: below && !below.length ? null : open, count });
        if (open && below) add(below, depth + 1);
      }
    };
    add(this.store.state.roots, 0);
    return rows;
  }
}
