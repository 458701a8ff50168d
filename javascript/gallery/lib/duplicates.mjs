/** @typedef {import('./types.mjs').DuplicateFile} DuplicateFile */
/** @typedef {import('./types.mjs').DuplicateGroup} DuplicateGroup */

/**
 * By which rule the file to keep is chosen: the server's suggestion, or ``in:`` and a folder whose files
 * are preferred.
 * @typedef {'suggested'|'largest'|'oldest'|'newest'|`in:${string}`} Rule
 *
 * @typedef {{keeper: string, stays: string[]}} Choice  the file to keep, and those that stay beside it
 * @typedef {{keeper: string, victims: string[], exact: boolean}} Decision  as the server takes it
 */

/** @type {Rule[]} */
export const RULES = ['suggested', 'largest', 'oldest', 'newest'];
/** What this browser remembers the rule by. */
/** @typedef {'strict'|'normal'|'loose'} Strictness */
/** In how many of 32 bits duplicates may differ. @type {Record<Strictness, number>} */
export const DISTANCES = { strict: 2, normal: 5, loose: 8 };
/** @type {Strictness[]} */
export const STRICTNESSES = ['strict', 'normal', 'loose'];
export const STRICTNESS_PREF = 'duplicatesStrictness';

/** @type {(value: unknown) => value is Strictness} */
export const isStrictness = (value) => STRICTNESSES.some((one) => one === value);

export const RULE_PREF = 'duplicatesRule';

/**
 * Whether a rule is one that is good for any library, and not about a folder.
 * @param {unknown} value
 * @returns {value is Rule}
 */
export function isRule(value) {
  return RULES.includes(/** @type {Rule} */ (value));
}

/** More folders than this are not offered as a rule. */
const MOST_FOLDERS = 8;

/** @type {Record<string, (file: DuplicateFile) => number>} */
const WORTH = {
  largest: (file) => file.width * file.height || file.bytes,
  oldest: (file) => -file.date,
  newest: (file) => file.date,
};

/** What tells the file that is suggested from the next one, in the server's order of importance. */
const REASONS = /** @type {[string, (file: DuplicateFile) => number][]} */ ([
  ['metadata', (file) => file.metadata_fields],
  ['rating', (file) => file.rating],
  ['marks', (file) => file.tags.length + file.albums.length],
  ['pixels', (file) => file.width * file.height],
  ['bytes', (file) => file.bytes],
  ['oldest', (file) => -file.date],
]);

/**
 * What tells a group from all others, whichever file is to be kept.
 * @param {DuplicateGroup} group
 */
export function keyOf(group) {
  return group.keeper;
}

/**
 * The path of the file that a rule keeps; of several that are as good the one the server ranks first.
 * @param {DuplicateGroup} group
 * @param {Rule} rule
 */
export function keeperBy({ files, keeper }, rule) {
  if (rule.startsWith('in:')) {
    const folder = rule.slice(3);
    return files.find((file) => file.folder === folder)?.path ?? keeper;
  }
  const worth = WORTH[rule];
  if (!worth) return keeper;
  const most = Math.max(...files.map(worth));
  return files.find((file) => worth(file) === most)?.path ?? keeper;
}

/**
 * Why a file is suggested: ``metadata``, ``rating``, ``marks``, ``pixels``, ``bytes`` or ``oldest``; '' where
 * nothing tells it from the next one.
 * @param {DuplicateGroup} group
 */
export function reasonOf({ files: [first, second] }) {
  return REASONS.find(([, worth]) => worth(first) > worth(second))?.[0] ?? '';
}

/**
 * What is kept of a group: as the user chose, else by the rule. Where nothing could go for that file, as all
 * others are names of one file, it is that one.
 * @param {DuplicateGroup} group
 * @param {Rule} rule
 * @param {Choice} [own]
 * @returns {Choice}
 */
export function choiceOf(group, rule, own) {
  if (own) return own;
  const keeper = keeperBy(group, rule);
  const others = group.files.filter((file) => file.path !== keeper);
  const linked = others.find((file) => namesOf(group, file).some((other) => other.path !== keeper));
  const isIdle = linked && !victimsOf(group, { keeper, stays: [] }).length;
  const isApart = isIdle && !namesOf(group, linked).some((other) => other.path === keeper);
  return { keeper: isApart ? linked.path : keeper, stays: [] };
}

/**
 * The other names of the very same file in its group.
 * @param {DuplicateGroup} group
 * @param {DuplicateFile} file
 */
export function namesOf({ files }, file) {
  const self = file.same_file_as || file.path;
  return files.filter((other) => other !== file && (other.same_file_as || other.path) === self);
}

/**
 * The files that go. One that has another name in the group is no copy of that, and stays.
 * @param {DuplicateGroup} group
 * @param {Choice} choice
 */
export function victimsOf(group, { keeper, stays }) {
  return group.files.filter(
    (file) => file.path !== keeper && !stays.includes(file.path) && !namesOf(group, file).length,
  );
}

/**
 * What is asked of the server for a group. Copies are resolved apart from the others, as their bytes are
 * compared once more before they go.
 * @param {DuplicateGroup} group
 * @param {Choice} choice
 * @returns {Decision[]}
 */
export function decisionsOf(group, choice) {
  const { keeper } = choice;
  /** @param {DuplicateFile} file */
  const holdsTheBest = (file) => file.kind === 'keeper' || file.kind === 'exact';
  const kept = group.files.find((file) => file.path === keeper);
  const victims = victimsOf(group, choice);
  const exact = kept && holdsTheBest(kept) ? victims.filter(holdsTheBest) : [];
  const others = victims.filter((file) => !exact.includes(file));
  return [
    { keeper, victims: exact.map((file) => file.path), exact: true },
    { keeper, victims: others.map((file) => file.path), exact: false },
  ].filter((decision) => decision.victims.length > 0);
}

/**
 * The folders that files of groups are in, those of most groups first.
 * @param {DuplicateGroup[]} groups
 */
export function foldersOf(groups) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { files } of groups) {
    const folders = new Set(files.map((file) => file.folder));
    if (folders.size > 1)
      for (const folder of folders) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST_FOLDERS)
    .map(([folder]) => folder);
}
