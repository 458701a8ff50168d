import { writePref } from '../browser/prefs.mjs';
import { decisionsOf, isRule, keyOf, RULE_PREF, victimsOf } from '../lib/duplicates.mjs';
import { choiceIn, openGroups, settledBy, sumOf } from './found.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/duplicates.mjs').Choice} Choice */
/** @typedef {import('../lib/duplicates.mjs').Rule} Rule */
/** @typedef {import('../lib/types.mjs').DuplicateGroup} DuplicateGroup */
/** @typedef {import('./found.mjs').Found} Found */

/** What is done with groups of duplicates: the choice of what is kept, resolving, remembering. */
export class DuplicateGroups {
  /**
   * @param {Pick<Parts,
   *   'api'|'duplicates'|'fileOperations'|'jobs'|'store'|'toasts'|'undo'|'words'>} parts
   */
  constructor({ api, duplicates, fileOperations, jobs, store, toasts, undo, words }) {
    this.api = api;
    this.duplicates = duplicates;
    this.fileOperations = fileOperations;
    this.jobs = jobs;
    this.store = store;
    this.toasts = toasts;
    this.undoStack = undo;
    this.words = words;
  }

  get found() {
    return this.store.state.duplicates;
  }

  /** @param {Partial<Found>} change */
  put(change) {
    this.duplicates.put(change);
  }

  /** @param {Rule} rule */
  keepBy(rule) {
    if (isRule(rule)) writePref(RULE_PREF, rule);
    this.put({ rule, choices: {} });
  }

  /**
   * @param {DuplicateGroup} group
   * @param {Partial<Choice>} change
   */
  choose(group, change) {
    const { found } = this;
    if (!found) return;
    const { keeper, stays } = { ...choiceIn(found, group), ...change };
    const own = { keeper, stays: stays.filter((path) => path !== keeper) };
    this.put({ choices: { ...found.choices, [keyOf(group)]: own }, current: keyOf(group) });
  }

  /**
   * Keeps the next file of the group that keys are about, or the one before.
   * @param {number} by
   */
  chooseOther(by) {
    const { found } = this;
    const group = this.currentGroup;
    if (!found || !group) return;
    const at = group.files.findIndex((file) => file.path === choiceIn(found, group).keeper);
    const count = group.files.length;
    this.choose(group, { keeper: group.files[(at + by + count) % count].path });
  }

  /** @returns {DuplicateGroup|null} */
  get currentGroup() {
    const { found } = this;
    if (!found?.totals) return null;
    return openGroups(found).find((group) => keyOf(group) === found.current) ?? null;
  }

  /** @param {string} key */
  setCurrent(key) {
    if (this.found?.current !== key) this.put({ current: key });
  }

  /**
   * Goes to another group.
   * @param {number} by
   */
  move(by) {
    const { found } = this;
    if (!found?.totals) return;
    const keys = openGroups(found).map(keyOf);
    const at = keys.indexOf(found.current);
    const next = at < 0 ? 0 : Math.max(0, Math.min(keys.length - 1, at + by));
    if (keys.length) this.put({ current: keys[next], moves: found.moves + 1 });
    if (next > keys.length - 5) this.duplicates.readMore();
  }

  /**
   * The group behind these becomes the current one, or the one in front of them.
   * @param {DuplicateGroup[]} groups  that are about to leave
   */
  moveFrom(groups) {
    const { found } = this;
    if (!found) return;
    const leaving = new Set(groups.map(keyOf));
    const keys = openGroups(found).map(keyOf);
    const at = keys.indexOf(keyOf(groups[0]));
    const next = keys.slice(at).find((key) => !leaving.has(key));
    const before = keys.slice(0, at).findLast((key) => !leaving.has(key));
    this.put({ current: next ?? before ?? '', moves: found.moves + 1 });
  }

  /** @param {DuplicateGroup|null} [group] */
  async resolve(group = this.currentGroup) {
    if (group && !this.store.state.readOnly) await this.resolveAll([group]);
  }

  /** Asks, then resolves every group that is left of the kind that is shown. */
  async askToResolveAll() {
    const { t, formats } = this.words;
    const { found } = this;
    if (!found?.totals) return;
    this.toasts.begin(t('duplicates.counting'));
    try {
      const read = await this.duplicates.readGroups(
        found.totals.first,
        found.kind,
        found.totals.count,
      );
      const groups = openGroups({ ...found, groups: read.groups });
      const { files, bytes } = sumOf(found, groups);
      this.toasts.clear();
      const counted = { count: files, number: formats.number(files), size: formats.bytes(bytes) };
      this.store.set({
        dialog: {
          kind: 'sure',
          title: t('duplicates.sure', counted),
          text: t('duplicates.sure.text'),
          action: t('duplicates.resolve'),
          isUndoable: true,
          run: () => this.resolveAll(groups),
        },
      });
    } catch (error) {
      this.toasts.fail(error);
    }
  }

  /** @param {DuplicateGroup[]} groups */
  async resolveAll(groups) {
    const { t } = this.words;
    const { found } = this;
    if (!found) return;
    const decisions = groups.flatMap((group) => decisionsOf(group, choiceIn(found, group)));
    const count = decisions.reduce((sum, { victims }) => sum + victims.length, 0);
    if (!count) {
      this.toasts.show(t('duplicates.nothingGoes'));
      return;
    }
    const text = t('duplicates.resolving', this.fileOperations.countOf(count));
    try {
      const outcome = await this.jobs.run(count, text, (background) =>
        this.api.resolveDuplicates(decisions, background),
      );
      if (!outcome || 'job_id' in outcome) this.toasts.show(t('action.ended'));
      else this.settle(groups, outcome);
    } catch (error) {
      this.toasts.fail(error);
    }
  }

  /**
   * @param {DuplicateGroup[]} groups
   * @param {import('../api/operations.mjs').Removed} outcome
   */
  settle(groups, outcome) {
    const { found } = this;
    if (!found) return;
    const gone = new Set(outcome.deleted);
    const isDone = (/** @type {DuplicateGroup} */ group) =>
      victimsOf(group, choiceIn(found, group)).every((file) => gone.has(file.path));
    const done = groups.filter(isDone);
    if (done.length) this.moveFrom(done);
    const resolved = Object.fromEntries(done.map((group) => [keyOf(group), settledBy(group)]));
    this.put({ resolved: { ...found.resolved, ...resolved } });
    const count = outcome.deleted.length;
    const text = this.words.t('duplicates.resolved', this.fileOperations.countOf(count));
    this.fileOperations.finish(outcome, text, count);
    this.fileOperations.gone(outcome.deleted);
  }

  /**
   * Remembers that the files of a group are no duplicates.
   * @param {DuplicateGroup|null} [group]
   */
  async setApart(group = this.currentGroup) {
    const { t } = this.words;
    if (!group || this.store.state.readOnly) return;
    try {
      const { group_ids: ids } = await this.api.addNotDuplicates([
        group.files.map((file) => file.path),
      ]);
      this.moveFrom([group]);
      const { found } = this;
      this.put({ apart: { ...found?.apart, [keyOf(group)]: settledBy(group) } });
      this.undoStack.offer(t('duplicates.apart.done'), `apart${ids[0]}`, () =>
        this.bringBack(ids[0], group),
      );
    } catch (error) {
      this.toasts.fail(error);
    }
  }

  /**
   * @param {number} id
   * @param {DuplicateGroup} group
   */
  async bringBack(id, group) {
    const { found } = this;
    try {
      await this.api.removeNotDuplicates(id);
      const apart = Object.entries(found?.apart ?? {}).filter(([key]) => key !== keyOf(group));
      this.put({ apart: Object.fromEntries(apart) });
      this.toasts.show(this.words.t('duplicates.apart.undone'));
    } catch (error) {
      this.toasts.fail(error);
    }
  }

  /**
   * Shows the file to keep beside another one.
   * @param {DuplicateGroup|null} [group]
   * @param {string} [path]  of the other; else the first
   */
  compare(group = this.currentGroup, path = '') {
    const { found } = this;
    if (!found || !group) return;
    const { keeper } = choiceIn(found, group);
    const kept = group.files.find((file) => file.path === keeper) ?? group.files[0];
    const others = group.files.filter((file) => file !== kept);
    const other = others.find((file) => file.path === path) ?? others[0];
    this.setCurrent(keyOf(group));
    this.store.set({ dialog: { kind: 'compare', items: [itemOf(kept), itemOf(other)] } });
  }
}

/**
 * @param {import('../lib/types.mjs').DuplicateFile} file
 * @returns {import('../lib/types.mjs').Item}
 */
function itemOf({ bytes, date, duration, height, id, name, path, rating, type, width }) {
  const kind = type;
  const known = { is: /** @type {'known'} */ ('known'), online: true, color: '' };
  return { ...known, bytes, date, duration, height, id, kind, name, path, rating, width };
}
