import { readPref } from '../browser/prefs.mjs';
import { readTile } from '../browser/screen.mjs';
import { placeOf } from '../duplicates/found.mjs';
import { NOTHING } from '../lib/selection.mjs';
import { PACES } from '../viewer/slideshow.mjs';

/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('../lib/types.mjs').SortField} SortField */
/** @typedef {import('../lib/types.mjs').SortOrder} SortOrder */

/**
 * All that the page shows, except what scrolls by in the grid.
 * @typedef {Object} GalleryState
 * @property {'start'|'loading'|'ready'|'problem'} phase
 * @property {boolean} connecting  the server has not answered yet and is asked again
 * @property {import('../lib/problems.mjs').Problem|null} problem
 * @property {import('../lib/types.mjs').Root[]} roots
 * @property {import('../lib/types.mjs').View} view
 * @property {string|null} folder  null: the list of roots, or the library
 * @property {number} turn  changes when a view that is no grid is to ask again
 * @property {string} filter  part of the names that are listed, in the view of tags
 * @property {string} user  whose changes the history shows; '' for everyone's
 * @property {string} query  what the library is searched for
 * @property {string|null} topic  whose pictures are shown
 * @property {string|null} like  path of the file that others are compared with
 * @property {import('../lib/types.mjs').By} by  in which way they are compared
 * @property {boolean} byMeaning  what is typed is searched by its meaning
 * @property {string|null} scope  folder in and below which it is searched
 * @property {boolean} walk  the folder with all below it
 * @property {import('../lib/types.mjs').Media} media  kinds of files that are shown
 * @property {number} seed  of the random order
 * @property {string} text  what is in the search field
 * @property {import('../lib/saved.mjs').Saved[]} saved  searches and pinned folders
 * @property {Record<string, number|null>} savedCounts  how many files each of these has, by its key
 * @property {boolean} filtering  the panel of filters is open, where there is one
 * @property {import('../lib/facets.mjs').FacetsAnswer|null} facets  the counts that it shows
 * @property {boolean} facetsFailed  they could not be had
 * @property {string} refused  what the server does not understand of the query, as a sentence
 * @property {boolean} hasLibrary  false: the server has no index to ask
 * @property {'unreachable'|'login'|null} lost  the server has not answered the last time, or no longer knows
 *   the user
 * @property {import('../lib/types.mjs').IndexStatus|null} index  while it is being built
 * @property {number} missing  files of the index that are gone from the disk, until the user has seen that
 * @property {{path: string, error: string}[]} problems  files that are not in the index although they should
 *   be, until the user has seen them
 * @property {boolean} restricted  only what is in the library's folders exists for us
 * @property {boolean} readOnly  nothing can be changed here
 * @property {number} fresh  how many files are new since the library was asked, and not shown yet
 * @property {import('./view.mjs').List|null} list  what is shown
 * @property {{folders: number, files: number, bytes: number}} totals
 * @property {SortField} sort
 * @property {SortOrder} order
 * @property {import('../library/view-prefs.mjs').Stack} stack  what files are folded by
 * @property {number} tile  wanted width in pixels
 * @property {import('../lib/arrangement.mjs').Shape} shape  of tiles
 * @property {boolean} refreshing
 * @property {import('../lib/selection.mjs').Selection} selection
 * @property {number} current  index as displayed; -1: none
 * @property {boolean} viewing
 * @property {boolean} bare  the viewer without its bar, after a tap
 * @property {boolean} infoInGrid
 * @property {boolean} infoInViewer
 * @property {import('../lib/types.mjs').GenerationInfo|null} info  of the current item
 * @property {boolean} infoFailed  it could not be read
 * @property {boolean} help
 * @property {import('../lib/keys.mjs').OwnKeys} ownKeys
 * @property {'trash'|'system'|'permanent'} deleteMode  where deleted files go
 * @property {import('../pages/trash.mjs').Deletion[]|null} trash  while it is shown
 * @property {import('../organise/plans.mjs').Plan|null} plan  that sorts files into folders, while it is
 *   shown
 * @property {import('../duplicates/found.mjs').Found|null} duplicates  that were looked for last
 * @property {string[]} blurTerms  what they find is shown blurred
 * @property {boolean} unblurred  until the page is loaded again nothing is
 * @property {boolean} dragging  files are dragged within the page
 * @property {import('../lib/types.mjs').Offer|null} offer  what could be brought from another program
 * @property {string|null} dropInto  the folder that would take the files that are dragged over the page; ''
 *   where the user is to choose one; null while none are
 * @property {import('../ui/toast.mjs').ToastText|null} toast
 * @property {import('./jobs.mjs').RunningJob[]} jobs
 * @property {import('./dialogs.mjs').DialogState|null} dialog
 * @property {import('../actions/context-menu.mjs').MenuState|null} menu
 * @property {import('../lib/types.mjs').Item|null} pinned  the picture whose parameters others are compared
 *   with
 * @property {boolean} filmstrip
 * @property {boolean} vertical  pictures lie one below the other
 * @property {boolean|null} loop  whether videos begin again at their end; null: only short ones
 * @property {boolean} goOn  giving stars in the viewer leads on to the next picture
 * @property {boolean} labels  tiles show their names
 * @property {import('../lib/arrangement.mjs').Below} below  what stands below tiles
 * @property {boolean} asList  files are lines of a list
 * @property {boolean} confirmsDelete  the user is asked before files go into the trash
 * @property {boolean} playing  the slideshow runs
 * @property {number} pace  of it, in seconds a picture
 * @property {boolean} shuffle  its order is random
 */

/** @type {(value: unknown) => value is boolean} */
const isBoolean = (value) => typeof value === 'boolean';
/** @type {(value: unknown) => value is boolean|null} */
const isChoice = (value) => value === null || isBoolean(value);
/** @type {(value: unknown) => value is number} */
const isPace = (value) => PACES.includes(Number(value));
/** @type {(value: unknown) => value is import('../lib/arrangement.mjs').Shape} */
const isShape = (value) => value === 'square' || value === 'justified';
/** @type {(value: unknown) => value is import('../lib/arrangement.mjs').Below} */
const isBelow = (value) => value === '' || value === 'name' || value === 'prompt';
/** @type {(value: unknown) => value is import('../lib/keys.mjs').OwnKeys} */
const areKeys = (value) =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every(
    (keys) =>
      Array.isArray(keys) &&
      keys.length > 0 &&
      keys.every((key) => typeof key === 'string' && key !== ''),
  );

/**
 * The state before anything is known, with the habits this browser remembers.
 * @param {{narrow: boolean}} screen
 * @param {{sort: SortField, order: SortOrder}} sorted
 * @returns {GalleryState}
 */
export function initialState({ narrow }, { sort, order }) {
  return {
    phase: 'start',
    connecting: false,
    problem: null,
    roots: [],
    view: 'folders',
    folder: null,
    query: '',
    scope: null,
    like: null,
    by: 'prompt',
    byMeaning: false,
    walk: false,
    topic: null,
    media: 'all',
    seed: 0,
    turn: 0,
    filter: '',
    user: '',
    text: '',
    saved: [],
    savedCounts: {},
    filtering: !narrow && readPref('filtering', false, isBoolean),
    facets: null,
    facetsFailed: false,
    refused: '',
    hasLibrary: true,
    restricted: false,
    readOnly: false,
    fresh: 0,
    lost: null,
    index: null,
    problems: [],
    missing: 0,
    list: null,
    totals: { folders: 0, files: 0, bytes: 0 },
    sort,
    order,
    stack: '',
    tile: readTile(narrow),
    shape: readPref('shape', 'square', isShape),
    refreshing: false,
    selection: NOTHING,
    current: -1,
    viewing: false,
    bare: false,
    // On a phone the panel covers the picture, so there it only comes when asked for.
    infoInGrid: !narrow && readPref('infoInGrid', false, isBoolean),
    infoInViewer: !narrow && readPref('infoInViewer', true, isBoolean),
    info: null,
    infoFailed: false,
    help: false,
    ownKeys: readPref('keys', {}, areKeys),
    deleteMode: 'trash',
    trash: null,
    plan: null,
    duplicates: null,
    blurTerms: [],
    unblurred: false,
    dragging: false,
    offer: null,
    dropInto: null,
    toast: null,
    jobs: [],
    dialog: null,
    menu: null,
    pinned: null,
    filmstrip: !narrow && readPref('filmstrip', true, isBoolean),
    vertical: narrow && readPref('vertical', false, isBoolean),
    loop: readPref('loop', null, isChoice),
    goOn: readPref('goOn', false, isBoolean),
    labels: readPref('labels', false, isBoolean),
    below: readPref('below', '', isBelow),
    asList: readPref('asList', false, isBoolean),
    confirmsDelete: readPref('confirmsDelete', false, isBoolean),
    playing: false,
    pace: readPref('pace', 5, isPace),
    shuffle: readPref('shuffle', false, isBoolean),
  };
}

/**
 * What changes when another place is visited: its address, and nothing of what belonged to the place before.
 * @param {Route} route  with a view
 * @param {Partial<GalleryState>} [extra]  what a view adds, or does not take from the address
 * @returns {Partial<GalleryState>}
 */
export function resetState(route, extra = {}) {
  return {
    view: route.view ?? 'library',
    folder: route.folder,
    walk: route.walk,
    topic: route.topic,
    query: route.query,
    scope: route.scope,
    like: route.like,
    by: route.by,
    byMeaning: route.view === 'similar' && route.like === null,
    media: route.media,
    filter: '',
    user: route.user,
    refused: '',
    fresh: 0,
    selection: NOTHING,
    current: -1,
    info: null,
    infoFailed: false,
    ...extra,
  };
}

/**
 * How far an address is from what is shown: ``moved`` to another place, or after a failure; ``changed``
 * in what is asked at the same place; or the ``same``.
 * @param {GalleryState} state
 * @param {Route} route
 * @param {ReturnType<import('../library/view-prefs.mjs').ViewPrefs['of']>} sorted  how files are sorted there
 * @returns {import('./view.mjs').Step}
 */
export function stepTo(state, route, sorted) {
  const isThere =
    state.phase === 'ready' &&
    route.view === state.view &&
    route.folder === state.folder &&
    route.walk === state.walk &&
    route.topic === state.topic &&
    route.like === state.like &&
    route.by === state.by &&
    route.user === state.user &&
    (route.view !== 'organise' || route.job === state.plan?.job) &&
    (route.view !== 'duplicates' || placeOf(route) === state.duplicates?.place);
  if (!isThere) return 'moved';
  const scope = route.view === 'duplicates' ? null : route.scope;
  const asked = { ...sorted, query: route.query, scope, media: route.media };
  const names = /** @type {(keyof typeof asked)[]} */ (Object.keys(asked));
  return names.every((name) => asked[name] === state[name]) ? 'same' : 'changed';
}
