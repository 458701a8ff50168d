import { folderOf, isWithin } from '../lib/paths.mjs';
import { has, size } from '../lib/selection.mjs';

/** @typedef {import('../api/operations.mjs').About} About */
/** @typedef {import('../api/search.mjs').Question} Question */
/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../app/view.mjs').List} List */
/** @typedef {import('../lib/selection.mjs').Selection} Selection */
/** @typedef {import('../lib/types.mjs').Item} Item */

/**
 * All results of a search: how it was asked, what was shown, and what is selected of that.
 * @typedef {{question: Question, list: List, selection: Selection}} Results
 */

/** Makes subjects: what a key, a button or a drag is about. */
export class Subjects {
  /** @param {Pick<Parts, 'display'|'store'|'viewPrefs'>} parts */
  constructor({ display, store, viewPrefs }) {
    this.display = display;
    this.store = store;
    this.viewPrefs = viewPrefs;
  }

  /** @param {Item[]} items */
  of(items) {
    return new Subject(this.store, items);
  }

  /** The picture in the viewer, else what is selected, else the current item. */
  current() {
    const { list, selection, viewing } = this.store.state;
    if (!viewing && selection.everything && list) {
      const question = this.viewPrefs.questionOf(this.display.route);
      return new Subject(this.store, [], { question, list, selection });
    }
    if (!viewing && selection.keys.size) return this.of([...selection.keys.values()]);
    const item = this.display.currentItem;
    return this.of(item?.is === 'known' ? [item] : []);
  }
}

/**
 * What an action is about: files that are known, or all results of a search, of which the page may
 * know only some.
 */
export class Subject {
  /**
   * @param {Parts['store']} store
   * @param {Item[]} items
   * @param {Results|null} [all]
   */
  constructor(store, items, all = null) {
    this.store = store;
    this.items = items;
    this.all = all;
    /** @type {Set<string>|null} */
    this.known = null;
    /** Some of what another subject is about, by path. @type {string[]|null} */
    this.named = null;
  }

  get count() {
    return this.all ? size(this.all.selection) : (this.named ?? this.items).length;
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
      readOnly: this.store.state.readOnly,
    };
  }

  /** The one file, or a first of many. @returns {Item|null} */
  get first() {
    return this.items[0] ?? null;
  }

  /** @param {string} path */
  has(path) {
    if (this.all) return has(this.all.selection, path);
    this.known ??= new Set(this.ownPaths);
    return this.known.has(path);
  }

  /**
   * Whether it can be moved to a folder, as far as is known here: nothing moves to where it is, and no
   * folder into itself.
   * @param {string} folder
   */
  goesTo(folder) {
    const { items } = this;
    const isThere =
      items.length > 0 && !this.all && items.every(({ path }) => folderOf(path) === folder);
    return !isThere && !items.some(({ path }) => isWithin(folder, path));
  }

  /**
   * Some of its files alone.
   * @param {string[]} paths
   */
  only(paths) {
    const some = new Subject(this.store, []);
    some.named = paths;
    return some;
  }

  /**
   * As the server takes it. Raises ApiError.
   * @returns {Promise<About>}
   */
  async about() {
    const { all } = this;
    // The server has no word for all but some, nor for one kind of media.
    if (!all || all.selection.keys.size || all.question.media_type !== 'all')
      return { file_paths: await this.paths() };
    const { query, folder_paths: folders, tz } = all.question;
    return { query: { query, folder_paths: folders, tz }, expected_count: this.count };
  }

  /**
   * All paths, asked for where the page does not know them. Raises ApiError.
   * @returns {Promise<string[]>}
   */
  async paths() {
    if (!this.all) return this.ownPaths;
    const { list, selection } = this.all;
    return (await list.paths(0, list.count - 1)).filter((path) => has(selection, path));
  }

  /**
   * All files, with little more than the path of those that the page does not know. Raises ApiError.
   * @returns {Promise<Item[]>}
   */
  async files() {
    return this.all ? this.all.list.itemsOf(new Set(await this.paths())) : this.items;
  }
}
