/**
 * Sorting files into folders, as far as the page thinks for itself: what can be asked for, and
 * whether a name or a pattern can be one. The server decides; what is said here is said earlier.
 *
 * @typedef {'theme'|'date'|'model'|'source'|'tag'|'rating'} By
 * @typedef {'unsorted'|'leave'|'skip'} Rest  what becomes of files that belong to no group
 *
 * @typedef {Object} Options
 * @property {By} by
 * @property {Partial<Record<By, string>>} patterns  those that differ from the usual ones
 * @property {number} likeness  index into LIKENESS
 * @property {number} smallest  files in a group
 * @property {'title'|'keywords'} naming
 * @property {'move'|'copy'} action
 * @property {Rest} rest
 * @property {string} restName
 * @property {boolean} deep  with what is below the folders
 *
 * What the user changed in a plan: names of folders by group, and groups that are left out.
 * @typedef {{names: Record<string, string>, skipped: string[]}} Edits
 *
 * @typedef {import('./types.mjs').OrganiseCluster} Cluster
 * @typedef {import('./types.mjs').OrganisePreview} Preview
 */

/** @type {By[]} */
export const BY = ['theme', 'date', 'model', 'source', 'tag', 'rating'];
/** @type {Rest[]} */
export const REST = ['unsorted', 'leave', 'skip'];
/** How alike prompts are that come together: the words for it, and the cosine that the server takes. */
export const LIKENESS = Object.freeze([
  { word: 'broad', threshold: 0.6 },
  { word: 'related', threshold: 0.75 },
  { word: 'alike', threshold: 0.85 },
  { word: 'close', threshold: 0.9 },
  { word: 'same', threshold: 0.96 },
]);
/**
 * The pattern of each rule where the user gives none.
 * @type {Record<Exclude<By, 'theme'>, string>}
 */
export const PATTERNS = {
  date: '{date:%Y-%m}',
  model: '{model}',
  source: '{source}',
  tag: '{tag}',
  rating: '{rating} stars',
};
export const FIELDS = ['date', 'model', 'source', 'sampler', 'size', 'media', 'tag', 'rating'];
export const MAX_SMALLEST = 1000;

/** @type {Readonly<Options>} */
export const USUAL = Object.freeze({
  by: 'theme',
  patterns: {},
  likeness: 2,
  smallest: 3,
  naming: 'title',
  action: 'move',
  rest: 'unsorted',
  restName: '',
  deep: true,
});

const MAX_PARTS = 6;
const MAX_PATTERN = 300;
const MAX_NAME = 60;
const FIELD = /\{([^{}]*)\}/g;
const SEPARATOR = /[\\/]/;
// eslint-disable-next-line no-control-regex
const NOT_IN_NAMES = /[<>:"\\/|?*\u0000-\u001f]/;
const RESERVED = /^(con|prn|aux|nul|com[1-9¹²³]|lpt[1-9¹²³]|conin\$|conout\$)\s*(\..*)?$/i;

/**
 * Options as this browser remembers them, with the usual ones for what it does not know any more.
 * @param {unknown} stored
 * @returns {Options}
 */
export function readOptions(stored) {
  const found = /** @type {Partial<Options>} */ (
    typeof stored === 'object' && stored ? stored : {}
  );
  const one = (
    /** @type {any} */ value,
    /** @type {readonly any[]} */ allowed,
    /** @type {any} */ usual,
  ) => (allowed.includes(value) ? value : usual);
  return {
    by: one(found.by, BY, USUAL.by),
    patterns: Object.fromEntries(
      Object.entries(found.patterns ?? {}).filter(
        ([by, text]) => by in PATTERNS && typeof text === 'string' && !problemOfPattern(text),
      ),
    ),
    likeness: one(found.likeness, [...LIKENESS.keys()], USUAL.likeness),
    smallest: clampSmallest(Number(found.smallest ?? USUAL.smallest)),
    naming: one(found.naming, ['title', 'keywords'], USUAL.naming),
    action: one(found.action, ['move', 'copy'], USUAL.action),
    rest: one(found.rest, REST, USUAL.rest),
    restName: typeof found.restName === 'string' ? found.restName : '',
    deep: found.deep !== false,
  };
}

/** @param {number} value */
export function clampSmallest(value) {
  return Number.isFinite(value)
    ? Math.min(MAX_SMALLEST, Math.max(1, Math.round(value)))
    : USUAL.smallest;
}

/**
 * The pattern of folders that a rule uses; '' for themes.
 * @param {Options} options
 */
export function patternOf({ by, patterns }) {
  return by === 'theme' ? '' : (patterns[by] ?? PATTERNS[by]);
}

/**
 * Why a pattern of folders is none: key of the words, and what fills them; null where it is one.
 * @param {string} pattern
 * @returns {{key: string, field: string}|null}
 */
export function problemOfPattern(pattern) {
  const parts = partsOf(pattern);
  if (!parts.length) return { key: 'organise.pattern.empty', field: '' };
  if (parts.length > MAX_PARTS || pattern.length > MAX_PATTERN)
    return { key: 'organise.pattern.long', field: '' };
  for (const [, field] of pattern.matchAll(FIELD)) {
    const [name, form] = [field.split(':')[0], field.slice(field.indexOf(':') + 1)];
    if (!FIELDS.includes(name) || (field.includes(':') && form && name !== 'date'))
      return { key: 'organise.pattern.field', field: `{${field}}` };
  }
  return /[{}]/.test(pattern.replace(FIELD, ''))
    ? { key: 'organise.pattern.bracket', field: '' }
    : null;
}

/** @param {string} pattern */
function partsOf(pattern) {
  return pattern
    .trim()
    .split(SEPARATOR)
    .filter((part) => part.trim());
}

/**
 * The folder that a file of that day would go to, to show what a pattern means.
 * @param {string} pattern
 * @param {Date} day
 */
export function exampleOf(pattern, day) {
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  /** @type {Record<string, string>} */
  const forms = {
    Y: String(day.getFullYear()),
    m: two(day.getMonth() + 1),
    d: two(day.getDate()),
    y: two(day.getFullYear() % 100),
    H: two(day.getHours()),
    '%': '%',
  };
  /** @type {Record<string, string>} */
  const values = {
    model: 'dreamshaper_8',
    source: 'A1111',
    sampler: 'Euler a',
    size: '512x768',
    media: 'image',
    tag: 'favourites',
    rating: '4',
  };
  const filled = pattern.replace(FIELD, (_, field) => {
    const at = field.indexOf(':');
    if (field.slice(0, at < 0 ? undefined : at) !== 'date')
      return values[field.split(':')[0]] ?? '';
    return (at < 0 || !field.slice(at + 1) ? '%Y-%m-%d' : field.slice(at + 1)).replace(
      /%(.)/g,
      (/** @type {string} */ whole, /** @type {string} */ sign) => forms[sign] ?? whole,
    );
  });
  return partsOf(filled).join('/');
}

/**
 * Why a folder cannot have this name on every system: key of the words; '' where it can.
 * @param {string} name
 * @param {boolean} isNested  it is several, one in the other
 */
export function problemOfName(name, isNested) {
  for (const part of isNested ? name.split(SEPARATOR) : [name]) {
    const text = part.trim();
    if (!text) return 'organise.name.empty';
    if (NOT_IN_NAMES.test(text)) return 'organise.name.signs';
    if (/^\.|\.$/.test(text)) return 'organise.name.dot';
    if (RESERVED.test(text)) return 'organise.name.reserved';
    if ([...text].length > MAX_NAME) return 'organise.name.long';
  }
  return '';
}

/** What names of one folder have in common where case makes no difference. @param {string} name */
const keyOf = (name) => name.trim().normalize('NFC').toLowerCase();

/**
 * All groups of a preview, that of the rest last.
 * @param {Preview} preview
 * @returns {Cluster[]}
 */
export function groupsOf(preview) {
  return preview.noise ? [...preview.clusters, preview.noise] : preview.clusters;
}

/** Whether a group's files stay where they are. @param {Cluster} group */
export function stays(group) {
  return group.suggested_folder_name === '' && group.cluster_id === 'noise';
}

/**
 * What is going to happen, with the names and ticks as they stand.
 * @param {Preview} preview
 * @param {Readonly<Record<string, string>>} names  by group, where they were changed
 * @param {ReadonlySet<string>} skipped
 */
export function outlook(preview, names, skipped) {
  const going = groupsOf(preview).filter(
    (group) => !stays(group) && !skipped.has(group.cluster_id),
  );
  const nameOf = (/** @type {Cluster} */ group) =>
    names[group.cluster_id] ?? group.suggested_folder_name;
  /** @type {Map<string, string[]>} groups by the folder that they share */
  const shared = new Map();
  for (const group of going)
    shared.set(keyOf(nameOf(group)), [
      ...(shared.get(keyOf(nameOf(group))) ?? []),
      group.cluster_id,
    ]);
  const illegal = going.filter(
    (group) =>
      group.cluster_id in names &&
      problemOfName(nameOf(group), group.suggested_folder_name.includes('/')),
  );
  return {
    files: going.reduce((sum, group) => sum + group.size, 0),
    folders: shared.size,
    renamed: going.reduce(
      (sum, group) => sum + group.file_mappings.filter((file) => file.renamed).length,
      0,
    ),
    merged: new Set([...shared.values()].filter((ids) => ids.length > 1).flat()),
    illegal: new Set(illegal.map((group) => group.cluster_id)),
  };
}

/**
 * Names and ticks as the server takes them: only what differs from the plan.
 * @param {Preview} preview
 * @param {Readonly<Record<string, string>>} names
 * @param {ReadonlySet<string>} skipped
 */
export function answerOf(preview, names, skipped) {
  const groups = groupsOf(preview).filter((group) => !stays(group));
  return {
    folder_edits: groups
      .filter(
        ({ cluster_id: id, suggested_folder_name: name }) =>
          !skipped.has(id) && (names[id] ?? name).trim() !== name,
      )
      .map(({ cluster_id: id }) => ({ cluster_id: id, new_folder_name: names[id].trim() })),
    skip_cluster_ids: groups.map((group) => group.cluster_id).filter((id) => skipped.has(id)),
  };
}
