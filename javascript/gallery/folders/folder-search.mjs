/** @typedef {import('./destinations.mjs').Folder} Folder */
/** @typedef {{folders: Folder[], problem: string}} Listed */
/** @typedef {(folder: string|null, signal: AbortSignal) => Promise<Listed>} List */

/** So many folders are listed at the same time. */
const AT_ONCE = 4;
const MOST_FOUND = 50;
const MOST_LISTED = 3000;

/** Searches all folders of the library by name. What was listed once is not asked for again. */
export class FolderSearch {
  /** @param {List} list  what is directly below a folder; below null: the roots */
  constructor(list) {
    this.list = list;
    /** @type {Map<string|null, Folder[]>} */
    this.known = new Map();
  }

  /**
   * Folders whose names contain a text, those nearest to where it begins first.
   * @param {string} needle  in lower case
   * @param {(string|null)[]} starts  where it begins: a folder, those around it, and the roots
   * @param {(found: Folder[]) => void} onFound  called with all found so far
   * @param {AbortSignal} signal
   */
  async find(needle, starts, onFound, signal) {
    /** @type {Folder[]} */
    const found = [];
    const queue = [...starts];
    const queued = new Set(starts);
    /** @type {Set<string>} */
    const met = new Set();
    for (let at = 0; at < queue.length && at < MOST_LISTED && found.length < MOST_FOUND;) {
      const next = queue.slice(at, at + AT_ONCE);
      at += next.length;
      const lists = await Promise.all(next.map((path) => this.below(path, signal)));
      if (signal.aborted) return;
      const before = found.length;
      for (const folder of lists.flat()) {
        if (met.has(folder.path)) continue;
        met.add(folder.path);
        if (folder.name.toLowerCase().includes(needle)) found.push(folder);
        if (!queued.has(folder.path)) queue.push(folder.path);
      }
      if (found.length > before) onFound(found.slice(0, MOST_FOUND));
    }
  }

  /**
   * @param {string|null} path
   * @param {AbortSignal} signal
   */
  async below(path, signal) {
    const known = this.known.get(path);
    if (known) return known;
    const { folders, problem } = await this.list(path, signal);
    if (!signal.aborted && !problem) this.known.set(path, folders);
    return folders;
  }
}
