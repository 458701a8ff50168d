import { isParameterSort, SORT_FIELDS } from './sort.mjs';

/** @typedef {import('./types.mjs').Media} Media */
/** @typedef {import('./types.mjs').Route} Route */
/** @typedef {import('./types.mjs').SortField} SortField */

/** @type {Media[]} */
export const MEDIA = ['all', 'image', 'video', 'audio'];

/** Views that are no grid of pictures. @type {import('./types.mjs').View[]} */
export const PAGES = [
  'albums',
  'tags',
  'rules',
  'topics',
  'graph',
  'stats',
  'trash',
  'history',
  'organise',
  'duplicates',
  'settings',
];
/** Views whose address may name a job. */
const OF_JOBS = ['organise', 'duplicates'];

/** Views of what a search finds: by words, and by similarity. */
const SEARCHES = /** @type {const} */ (['library', 'similar']);

/** What files can be folded by. @type {import('./types.mjs').StackKind[]} */
export const STACKS = ['prompt', 'batch', 'seed'];

/** @type {Route} */
export const HOME = Object.freeze({
  view: null,
  folder: null,
  query: '',
  scope: null,
  like: null,
  by: 'prompt',
  walk: false,
  topic: null,
  job: null,
  user: '',
  media: 'all',
  sort: null,
  order: null,
  stack: null,
  seed: null,
  open: null,
  compare: null,
});

/**
 * What an address says, e.g. ``#/folder/home/ann/out?sort=name&open=a.png``, ``#/folders`` for the
 * list of roots, ``#/library?q=fox&in=/out``. Whatever cannot be understood is left out.
 * @param {string} hash
 * @returns {Route}
 */
export function parseHash(hash) {
  const [way, text = ''] = splitOnce(hash.replace(/^#?\/?/, ''), '?');
  const params = new URLSearchParams(text);
  const [name, rest = ''] = splitOnce(way, '/');
  const sort = params.get('sort');
  const order = params.get('order');
  const media = params.get('media');
  const folder = name === 'folder' && rest ? decode(rest) : null;
  const job = OF_JOBS.includes(name) && rest ? decode(rest) : null;
  const page = PAGES.find((one) => one === name && (one !== 'organise' || job !== null)) ?? null;
  const search = SEARCHES.find((one) => one === name) ?? null;
  const view = folder !== null || name === 'folders' ? 'folders' : (search ?? page);
  const like = (view === 'similar' && params.get('like')) || null;
  const isScoped = (search !== null && like === null) || view === 'duplicates';
  return {
    view,
    folder,
    query: (search !== null && like === null) || view === 'stats' ? (params.get('q') ?? '') : '',
    scope: (isScoped && params.get('in')) || null,
    like,
    by: view === 'similar' ? byOf(params.get('by'), like !== null) : 'prompt',
    topic: name === 'topics' && rest ? decode(rest) : null,
    job,
    user: view === 'history' ? (params.get('user') ?? '') : '',
    walk: folder !== null && params.get('walk') === '1',
    media: MEDIA.includes(/** @type {Media} */ (media)) ? /** @type {Media} */ (media) : 'all',
    sort: sortOf(sort),
    order: order === 'asc' || order === 'desc' ? order : null,
    stack: stackOf(params.get('stack')),
    seed: /^[1-9]\d{0,8}$/.test(params.get('seed') ?? '') ? Number(params.get('seed')) : null,
    open: params.get('open') || null,
    compare: twoOf(params.getAll('compare')),
  };
}

/**
 * The address of a route; ``parseHash(formatHash(route))`` is the route again.
 * @param {Route} route
 * @returns {string}
 */
export function formatHash(route) {
  const params = new URLSearchParams();
  if (route.query) params.set('q', route.query);
  if (route.scope) params.set('in', route.scope);
  if (route.like) params.set('like', route.like);
  if (route.by !== 'prompt') params.set('by', route.by);
  if (route.user) params.set('user', route.user);
  if (route.walk) params.set('walk', '1');
  if (route.media !== 'all') params.set('media', route.media);
  if (route.sort) params.set('sort', route.sort);
  if (route.order) params.set('order', route.order);
  if (route.stack) params.set('stack', route.stack);
  if (route.seed) params.set('seed', String(route.seed));
  if (route.open) params.set('open', route.open);
  for (const path of route.compare ?? []) params.append('compare', path);
  const query = params.toString();
  // Slashes and colons stay as they are, so that a person can read the folder in the address.
  const part = route.topic ?? route.job;
  const rest = part === null ? '' : `/${encodeURIComponent(part)}`;
  const way =
    route.folder === null
      ? `${route.view ?? ''}${rest}`
      : `folder/${encodeURIComponent(route.folder).replace(/%2F/g, '/').replace(/%3A/g, ':')}`;
  return `#/${way}${query ? `?${query}` : ''}`;
}

/**
 * Words have no look: they are compared with prompts or with what pictures show.
 * @param {string|null} by
 * @param {boolean} isFile
 * @returns {import('./types.mjs').By}
 */
function byOf(by, isFile) {
  if (by === 'content' || (by === 'look' && isFile)) return by;
  return 'prompt';
}

/**
 * @param {string[]} paths
 * @returns {[string, string]|null}
 */
function twoOf(paths) {
  return paths.length === 2 && paths[0] && paths[1] ? [paths[0], paths[1]] : null;
}

/**
 * @param {string} text
 * @param {string} separator
 * @returns {[string, string?]}
 */
function splitOnce(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray % that somebody typed
  }
}

/**
 * @param {string|null} stack
 * @returns {Route['stack']}
 */
function stackOf(stack) {
  return stack === 'none' ? stack : (STACKS.find((kind) => kind === stack) ?? null);
}

/**
 * @param {string|null} sort
 * @returns {SortField|null}
 */
function sortOf(sort) {
  if (isParameterSort(sort)) return sort;
  return SORT_FIELDS.includes(/** @type {SortField} */ (sort))
    ? /** @type {SortField} */ (sort)
    : null;
}
