import { choiceOf, keyOf, victimsOf } from '../lib/duplicates.mjs';

/** @typedef {import('../api/duplicates.mjs').Scope} Scope */
/** @typedef {import('../lib/duplicates.mjs').Choice} Choice */
/** @typedef {import('../lib/duplicates.mjs').Rule} Rule */
/** @typedef {import('../lib/types.mjs').DuplicateGroup} DuplicateGroup */
/** @typedef {import('../lib/types.mjs').DuplicateKind} DuplicateKind */
/** @typedef {import('../lib/types.mjs').Duplicates} Totals */

/** @type {DuplicateKind[]} */
export const KINDS = ['exact', 'same', 'near'];

/**
 * How far a search for duplicates is.
 * @typedef {Object} Work
 * @property {string} stage
 * @property {number} done
 * @property {number} total  0: not known yet
 * @property {number} part  done of the whole, 0 to 1
 * @property {number|null} left  seconds
 * @property {string} message  that it has not moved for long, else ''
 */

/** What is settled of the groups: which kind a group had, how many of its files went, and their bytes. */
/** @typedef {{kind: DuplicateKind, files: number, bytes: number}} Settled */

/**
 * What the view of duplicates shows.
 * @typedef {Object} Found
 * @property {string} place  of the address: what was looked for
 * @property {Scope} scope
 * @property {string} folder  that it is about; '' for none
 * @property {string} job
 * @property {Work|null} work  while it is looked for
 * @property {boolean} isCancelled
 * @property {string} error  why nothing was found, else ''
 * @property {Totals|null} totals  of everything that was found
 * @property {DuplicateGroup[]} groups  those that were read
 * @property {number} read  how many positions were read
 * @property {string} next  cursor of the next page, else ''
 * @property {DuplicateKind|''} kind  that is shown; '': all
 * @property {Rule} rule
 * @property {Record<string, Choice>} choices  of the user, by group
 * @property {Record<string, Settled>} resolved  by group
 * @property {Record<string, Settled>} apart  groups that are no duplicates
 * @property {string} current  the group that keys are about
 * @property {number} moves  how often a key went to another group
 */

/**
 * What tells an address of duplicates from others: what is looked for there.
 * @param {import('../lib/types.mjs').Route} route
 */
export function placeOf({ job, scope }) {
  return job ? `job:${job}` : `in:${scope ?? ''}`;
}

/**
 * @param {string} place
 * @param {Scope} scope
 * @returns {Found}
 */
export function begin(place, scope) {
  return {
    place,
    scope,
    folder: scope.folder_paths?.length === 1 && !scope.file_paths ? scope.folder_paths[0] : '',
    job: '',
    work: { stage: '', done: 0, total: 0, part: 0, left: null, message: '' },
    isCancelled: false,
    error: '',
    totals: null,
    groups: [],
    read: 0,
    next: '',
    kind: '',
    rule: 'suggested',
    choices: {},
    resolved: {},
    apart: {},
    current: '',
    moves: 0,
  };
}

/**
 * The groups that are left to be looked at.
 * @param {Found} found
 */
export function openGroups({ apart, groups, resolved }) {
  return groups.filter((group) => !(keyOf(group) in apart) && !(keyOf(group) in resolved));
}

/**
 * How many groups are left, by kind, and what can go.
 * @param {Found} found
 */
export function leftOf({ apart, resolved, totals }) {
  const settled = [...Object.values(apart), ...Object.values(resolved)];
  const sum = (/** @type {(one: Settled) => number} */ value) =>
    settled.reduce((all, one) => all + value(one), 0);
  const kinds = /** @type {Record<DuplicateKind, number>} */ (
    Object.fromEntries(
      KINDS.map((kind) => [
        kind,
        Math.max(0, (totals?.kinds[kind] ?? 0) - settled.filter((one) => one.kind === kind).length),
      ]),
    )
  );
  return {
    kinds,
    count: KINDS.reduce((all, kind) => all + kinds[kind], 0),
    files: Math.max(0, (totals?.files ?? 0) - sum((one) => one.files)),
    bytes: Math.max(0, (totals?.bytes_to_free ?? 0) - sum((one) => one.bytes)),
  };
}

/**
 * What the totals lose with a group, as the server counts it: all files but one.
 * @param {DuplicateGroup} group
 * @returns {Settled}
 */
export function settledBy({ bytes_to_free: bytes, files, kind }) {
  return { kind, files: files.length - 1, bytes };
}

/**
 * What is kept of a group just now.
 * @param {Found} found
 * @param {DuplicateGroup} group
 */
export function choiceIn({ choices, rule }, group) {
  return choiceOf(group, rule, choices[keyOf(group)]);
}

/**
 * How many files of groups go, and their bytes.
 * @param {Found} found
 * @param {DuplicateGroup[]} groups
 */
export function sumOf(found, groups) {
  const victims = groups.flatMap((group) => victimsOf(group, choiceIn(found, group)));
  return { files: victims.length, bytes: victims.reduce((sum, file) => sum + file.bytes, 0) };
}

/**
 * What is being done, in words.
 * @param {Work} work
 * @param {import('../app/view.mjs').Words} words
 */
export function stageText({ done, left, stage, total }, { t, formats }) {
  /** @type {Record<string, string>} */
  const stages = {
    'looking at pictures': t('duplicates.stage.looking'),
    'comparing files of the same size': t('duplicates.stage.sizes'),
    'reading files of the same size': t('duplicates.stage.reading'),
    'comparing pictures': t('duplicates.stage.comparing'),
  };
  const text = stages[stage] ?? t('duplicates.stage.starting');
  const isCounted = total > 0 && stage !== 'comparing pictures';
  const parts = isCounted
    ? [
        t('duplicates.stage.of', {
          stage: text,
          done: formats.number(done),
          total: formats.number(total),
        }),
      ]
    : [text];
  if (isCounted && left !== null) {
    const minutes = Math.round(left / 60);
    parts.push(
      minutes
        ? t('index.left', { count: minutes, number: formats.number(minutes) })
        : t('index.soon'),
    );
  }
  return parts.join(' · ');
}

/** How far a stage is, and how long it will take at the rate so far. */
export class Pace {
  constructor() {
    this.stage = '';
    this.start = { at: 0, done: 0 };
  }

  /**
   * Seconds that are left of a stage; null where that cannot be told yet.
   * @param {{stage: string, done: number, total: number}} job
   * @param {number} [now]  in seconds
   */
  left({ done, stage, total }, now = Date.now() / 1000) {
    if (stage !== this.stage || done < this.start.done) {
      this.stage = stage;
      this.start = { at: now, done };
    }
    const rate = (done - this.start.done) / Math.max(0.001, now - this.start.at);
    return rate > 0 && total > 0 && now - this.start.at > 2 ? (total - done) / rate : null;
  }
}
