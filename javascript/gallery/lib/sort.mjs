/** @typedef {import('./columns.mjs').Columns} Columns */
/** @typedef {import('./types.mjs').SortField} SortField */
/** @typedef {import('./types.mjs').SortOrder} SortOrder */

/** What a folder can be sorted by, which the page does itself. @type {SortField[]} */
export const FOLDER_SORTS = ['date', 'name', 'size'];

/** What the library can be sorted by, which the server does. @type {SortField[]} */
export const SORT_FIELDS = [
  'date',
  'created',
  'indexed',
  'name',
  'path',
  'size',
  'pixels',
  'width',
  'height',
  'ratio',
  'duration',
  'type',
  'model',
  'source',
  'sampler',
  'scheduler',
  'steps',
  'cfg',
  'seed',
  'denoise',
  'guidance',
  'clip',
  'score',
  'nsfw',
  'fps',
  'frames',
  'rating',
  'album',
  'random',
];

/** The fields by what they say; all others are about how a file was made. */
const GROUPS = {
  time: new Set(['date', 'created', 'indexed']),
  file: new Set('name path size pixels width height ratio duration type fps frames'.split(' ')),
  own: new Set(['rating', 'album', 'random']),
};

/**
 * Which heading of the list a field stands under.
 * @param {SortField} field
 * @returns {'time'|'file'|'made'|'own'}
 */
export function groupOfSort(field) {
  if (GROUPS.time.has(field)) return 'time';
  if (GROUPS.file.has(field)) return 'file';
  return GROUPS.own.has(field) ? 'own' : 'made';
}

/** A parameter that a query names: `param:Shift`, `param:"Clip skip">1`. */
const NAMED = /(?:^|[\s,(-])param:\s*(?:"([^"\\]+)"|([^\s"<>=:,()]+))/gi;
const NAME_MAX_CHARS = 200;

const UPWARDS = new Set([
  'album',
  'name',
  'path',
  'type',
  'model',
  'source',
  'sampler',
  'scheduler',
]);

const DIGITS = /\d+/g;

/** @type {(value: string|null) => value is import('./types.mjs').AnyParameterSort} */
export function isParameterSort(value) {
  return (
    value !== null && /^param:./s.test(value) && value.length <= 'param:'.length + NAME_MAX_CHARS
  );
}

/**
 * The parameter of a sort by one.
 * @param {SortField} field
 * @returns {string|null}
 */
export function parameterOf(field) {
  return isParameterSort(field) ? field.slice('param:'.length) : null;
}

/**
 * The sorts by the parameters that a query names.
 * @param {string} query
 */
export function parameterSorts(query) {
  const names = Array.from(query.matchAll(NAMED), (match) => `param:${match[1] ?? match[2]}`);
  return [...new Set(names)].filter(isParameterSort);
}

/**
 * The direction people expect first: newest, A to Z, largest.
 * @param {SortField} field
 * @returns {SortOrder}
 */
export function naturalOrder(field) {
  return UPWARDS.has(field) ? 'asc' : 'desc';
}

/**
 * A key whose plain string order is the order people expect of names: case does not matter, 9 comes
 * before 10.
 * Purposely not Intl.Collator: comparing keys sorts 20,000 names an order of magnitude faster.
 * @param {string} name
 * @returns {string}
 */
export function nameKey(name) {
  return name.toLowerCase().replace(DIGITS, (digits) => {
    const value = digits.replace(/^0+(?=.)/, '');
    // The length in front makes numbers of any length compare as numbers.
    return String.fromCharCode(0x30 + Math.min(value.length, 40)) + value;
  });
}

/**
 * Indexes of the rows in display order: folders first, then files; equal values by name.
 * @param {Columns} columns
 * @param {SortField} field
 * @param {SortOrder} order
 * @returns {Uint32Array}
 */
export function sortRows(columns, field, order) {
  /**
   * @type {string[]} made when first compared: most pictures have a date of their own and never need theirs
   */
  const keys = [];
  /** @param {number} i */
  const key = (i) => (keys[i] ??= nameKey(columns.names[i]));
  const sign = order === 'asc' ? 1 : -1;
  /** @type {(a: number, b: number) => number} */
  const byName = (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a - b);
  const values = field === 'date' ? columns.dates : columns.bytes;
  /** @type {(a: number, b: number) => number} */
  const byValue = (a, b) => sign * (values[a] - values[b]) || byName(a, b);
  /** @type {(a: number, b: number) => number} */
  const bySignedName = (a, b) => sign * byName(a, b);

  /** @type {number[]} */
  const folders = [];
  /** @type {number[]} */
  const files = [];
  for (let i = 0; i < columns.count; i += 1) (columns.kinds[i] === 0 ? folders : files).push(i);
  // Folders have no size of their own, so they stay in the order of their names.
  folders.sort(field === 'date' ? byValue : field === 'name' ? bySignedName : byName);
  files.sort(field === 'name' ? bySignedName : byValue);
  return Uint32Array.from([...folders, ...files]);
}
