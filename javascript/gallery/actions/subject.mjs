import { has, size } from '../lib/selection.mjs';

/** @typedef {import('../api.mjs').About} About */
/** @typedef {import('../lib/selection.mjs').Selection} Selection */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

/**
 * What an action is about: files that are known, or all results of a search, of which the page may
 * know only some.
 */
export class Subject {
  /**
   * @param {Gallery} gallery
   * @param {Item[]} items
   * @param {Selection|null} [selection]  set where it is all results
   */
  constructor(gallery, items, selection = null) {
    this.gallery = gallery;
    this.items = items;
    this.all = selection?.everything ? selection : null;
    /** What was shown when it was chosen. */
    this.list = gallery.state.list;
    /** @type {Set<string>|null} */
    this.known = null;
    /** Some of what another subject is about, by path. @type {string[]|null} */
    this.named = null;
    this.question = this.all ? gallery.library.questionOf(gallery.route) : null;
  }

  get count() {
    return this.all ? size(this.all) : (this.named ?? this.items).length;
  }

  /** All paths, where it is not all results. */
  get ownPaths() {
    return this.named ?? this.items.map((item) => item.path);
  }

  /** For the table of commands. */
  get extent() {
    return {
      count: this.count,
      folders: this.items.filter((item) => item.kind === 'dir').length,
      readOnly: this.gallery.state.readOnly,
    };
  }

  /** The one file, or a first of many. @returns {Item|null} */
  get first() {
    return this.items[0] ?? null;
  }

  /** @param {string} path */
  has(path) {
    if (this.all) return has(this.all, path);
    this.known ??= new Set(this.ownPaths);
    return this.known.has(path);
  }

  /**
   * Some of its files alone.
   * @param {string[]} paths
   */
  only(paths) {
    const some = new Subject(this.gallery, []);
    some.named = paths;
    return some;
  }

  /**
   * As the server takes it. Raises ApiError.
   * @returns {Promise<About>}
   */
  async about() {
    const { all, question } = this;
    // The server has no word for all but some, nor for one kind of media.
    if (!all || !question || all.keys.size || question.media_type !== 'all')
      return { file_paths: await this.paths() };
    return {
      query: { query: question.query, folder_paths: question.folder_paths },
      expected_count: this.count,
    };
  }

  /**
   * All paths, asked for where the page does not know them. Raises ApiError.
   * @returns {Promise<string[]>}
   */
  async paths() {
    const { all, list } = this;
    if (!all || !list) return this.ownPaths;
    return (await list.paths(0, list.count - 1)).filter((path) => has(all, path));
  }
}
