import { readPref, writePref } from '../browser/prefs.mjs';
import { openStack } from '../lib/query.mjs';
import { STACKS } from '../lib/router.mjs';
import { TIME_ZONE } from '../lib/time-zone.mjs';
import {
  FOLDER_SORTS,
  isParameterSort,
  naturalOrder,
  parameterSorts,
  SORT_FIELDS,
} from '../lib/sort.mjs';

/** @typedef {import('../api/search.mjs').Question} Question */
/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('../lib/types.mjs').SortField} SortField */
/** @typedef {import('../lib/types.mjs').SortOrder} SortOrder */
/** @typedef {import('../lib/types.mjs').StackKind|''} Stack  what files are folded by; '': they are not */

const ALBUM = /(?:^|\s)album:\S/;
const SEEDS = 999_999_999;
/** Names that the server has for a sort. @type {Partial<Record<SortField, string>>} */
const SORTS = { size: 'bytes' };

/** @type {(value: unknown) => value is SortField} */
const isSort = (value) => SORT_FIELDS.includes(/** @type {SortField} */ (value));
/** @type {(value: unknown) => value is SortField} */
const isFolderSort = (value) => FOLDER_SORTS.includes(/** @type {SortField} */ (value));
/** @type {(value: unknown) => value is Stack} */
const isStack = (value) => value === '' || STACKS.some((kind) => kind === value);
/** @type {(value: unknown) => value is SortOrder} */
const isOrder = (value) => value === 'asc' || value === 'desc';

/** How files were last sorted in each view, and so how an address is to be read that says nothing of it. */
export class ViewPrefs {
  constructor() {
    this.views = { library: habitOf('library'), folders: habitOf('folders') };
    /** @type {Stack} */
    this.stack = readPref('library.stack', '', isStack);
    /** Of the random order where the address names none: the same until the user shuffles again. */
    this.seed = draw();
  }

  /** Another random order. */
  shuffle() {
    this.seed = draw();
  }

  /**
   * How files are sorted at an address.
   * @param {Route} route
   * @returns {{sort: SortField, order: SortOrder, seed: number, stack: Stack}}
   */
  of(route) {
    const habit = this.views[viewOf(route)];
    const said = this.fields(route).includes(route.sort ?? 'date') ? route.sort : null;
    const sort = said ?? habit.sort;
    return {
      sort,
      order: route.order ?? (said ? naturalOrder(said) : habit.order),
      seed: sort === 'random' ? (route.seed ?? this.seed) : 0,
      stack: this.stackOf(route),
    };
  }

  /**
   * What files are folded by at an address: nothing in a folder, which the page sorts itself, nor among
   * the files of one stack.
   * @param {Route} route
   * @returns {Stack}
   */
  stackOf(route) {
    if (viewOf(route) === 'folders' || openStack(route.query)) return '';
    if (route.stack !== null) return route.stack === 'none' ? '' : route.stack;
    return this.stack;
  }

  /** @param {Stack} stack  becomes the habit */
  takeStack(stack) {
    this.stack = stack;
    writePref('library.stack', stack);
  }

  /**
   * What can be sorted by at an address. Only an album has an order of its own, and parameters are
   * those that the query or the address names.
   * @param {Route} route
   * @returns {SortField[]}
   */
  fields(route) {
    if (viewOf(route) === 'folders') return FOLDER_SORTS;
    const fields = ALBUM.test(route.query)
      ? SORT_FIELDS
      : SORT_FIELDS.filter((field) => field !== 'album');
    const named = parameterSorts(route.query);
    if (isParameterSort(route.sort) && !named.includes(route.sort)) named.push(route.sort);
    return [...fields, ...named];
  }

  /**
   * @param {Route} route  of which view it becomes the habit
   * @param {SortField} sort
   * @param {SortOrder} order
   */
  take(route, sort, order) {
    const view = viewOf(route);
    this.views[view] = { sort, order };
    writePref(prefOf(view, 'sort'), sort);
    writePref(prefOf(view, 'order'), order);
  }

  /**
   * What is asked of the server at an address.
   * @param {Route} route
   * @returns {Question}
   */
  questionOf(route) {
    const { sort, order, seed, stack } = this.of(route);
    const scope = route.walk ? route.folder : route.scope;
    return {
      query: route.query,
      folder_paths: scope === null ? [] : [scope],
      media_type: route.media,
      sort: SORTS[sort] ?? sort,
      order,
      seed,
      tz: TIME_ZONE,
      stack,
    };
  }
}

/**
 * @param {'library'|'folders'} view
 * @returns {{sort: SortField, order: SortOrder}}
 */
function habitOf(view) {
  const sort = readPref(prefOf(view, 'sort'), 'date', view === 'library' ? isSort : isFolderSort);
  return { sort, order: readPref(prefOf(view, 'order'), naturalOrder(sort), isOrder) };
}

/**
 * @param {'library'|'folders'} view
 * @param {'sort'|'order'} name
 */
function prefOf(view, name) {
  return view === 'library' ? `library.${name}` : name;
}

/**
 * A folder with all below it is sorted by the server, as the library is.
 * @param {Route} route
 */
function viewOf(route) {
  return (route.view === 'folders' && !route.walk) || route.topic !== null ? 'folders' : 'library';
}

function draw() {
  return 1 + Math.floor(Math.random() * SEEDS);
}
