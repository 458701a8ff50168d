import { folderOf, isWithin } from '../lib/paths.mjs';
import { inStacks, openStack } from '../lib/query.mjs';
import { has, size } from '../lib/selection.mjs';

/** @typedef {import('../api/operations.mjs').About} About */
/** @typedef {import('../api/search.mjs').Question} Question */
/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../app/view.mjs').List} List */
/** @typedef {import('../lib/selection.mjs').Selection} Selection */
/** @typedef {import('../lib/types.mjs').Item} Item */

/**
 * All results of a search: how it was asked, what was shown, and what is selected of that. ``every``: asks
 * for all files, where they are shown as stacks.
 * @typedef {{question: Question, list: List, selection: Selection, every: () => Promise<Item[]>}} Results
 *
 * @typedef {(stacks: string[]) => Promise<Item[]>} Spread  the files of stacks, by their terms
 */

/** A query has room for so many terms. */
const STACKS_AT_ONCE = 50;

/** Makes subjects: what a key, a button or a drag is about. */
export class Subjects {
  /** @param {Pick<Parts, 'api'|'display'|'store'|'viewPrefs'>} parts */
  constructor({ api, display, store, viewPrefs }) {
    this.api = api;
    this.display = display;
    this.store = store;
    this.viewPrefs = viewPrefs;
  }

  /** @param {Item[]} items */
  of(items) {
    return new Subject(this.store, items, null, this.spread());
  }

  /**
   * Finds the files of stacks, as they are searched now.
   * @returns {Spread}
   */
  spread() {
    const question = this.viewPrefs.questionOf(this.display.route);
    return async (stacks) => {
      /** @type {Item[]} */
      const files = [];
      for (let at = 0; at < stacks.length; at += STACKS_AT_ONCE) {
        const query = inStacks(question.query, stacks.slice(at, at + STACKS_AT_ONCE));
        files.push(...(await this.api.files({ ...question, query, stack: '' })));
      }
      return files;
    };
  }

  /** The picture in the viewer, else what is selected, else the current item. */
  current() {
    const { list, selection, viewing } = this.store.state;
    if (!viewing && selection.everything && list) {
      const question = this.viewPrefs.questionOf(this.display.route);
      const every = () => this.api.files({ ...question, stack: '' });
      return new Subject(this.store, [], { question, list, selection, every }, this.spread());
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
   * @param {Spread|null} [spread]  null: none of the items is a stack
   */
  constructor(store, items, all = null, spread = null) {
    this.store = store;
    this.items = items;
    this.all = all;
    this.spread = spread;
    /** How many stacks its files are in, as they were chosen. */
    this.stacks = items.filter(isStack).length;
    /** How many of its files were chosen beside stacks. */
    this.alone = items.length - this.stacks;
    /** @type {Set<string>|null} */
    this.known = null;
    /** Some of what another subject is about, by path. @type {string[]|null} */
    this.named = null;
  }

  get count() {
    if (this.all) return countAll(this.all);
    return this.named ? this.named.length : countFiles(this.items);
  }

  /** Some of its items stand for more files than they show. */
  get isFolded() {
    return this.items.some(isStack);
  }

  /**
   * The same with each file of its stacks as an item. Raises ApiError.
   * @returns {Promise<Subject>}
   */
  async whole() {
    if (!this.isFolded || !this.spread) return this;
    const stacks = this.items.filter(isStack);
    const files = await this.spread(stacks.map(({ stack }) => stack?.term ?? ''));
    const alone = this.items.filter((item) => !isStack(item));
    const whole = new Subject(this.store, [...alone, ...files]);
    whole.stacks = this.stacks;
    whole.alone = this.alone;
    return whole;
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
      inStack: openStack(this.store.state.query) !== null,
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
    if (!this.all) return (await this.whole()).ownPaths;
    const { every, list, question, selection } = this.all;
    if (question.stack) {
      const left = new Subject(this.store, [...selection.keys.values()], null, this.spread);
      const others = new Set(await left.paths());
      return (await every()).flatMap(({ path }) => (others.has(path) ? [] : [path]));
    }
    return (await list.paths(0, list.count - 1)).filter((path) => has(selection, path));
  }

  /**
   * All files, with little more than the path of those that the page does not know. Raises ApiError.
   * @returns {Promise<Item[]>}
   */
  async files() {
    return this.all
      ? this.all.list.itemsOf(new Set(await this.paths()))
      : (await this.whole()).items;
  }
}

/** @param {Item} item */
function isStack({ stack }) {
  return stack !== undefined;
}

/**
 * How many files some items stand for.
 * @param {Iterable<Item>} items
 */
function countFiles(items) {
  let count = 0;
  for (const { stack } of items) count += stack?.count ?? 1;
  return count;
}

/** @param {Results} all */
function countAll({ list, question, selection }) {
  if (!question.stack || !('files' in list)) return size(selection);
  return list.files - countFiles(selection.keys.values());
}
