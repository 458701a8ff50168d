import { change } from './changing.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/rules.mjs').Rule} Rule */

/** What can be done with auto-tag rules. */
export class RuleActions {
  /** @param {Pick<Parts, 'api'|'jobs'|'marks'|'page'|'store'|'toasts'|'undo'|'words'>} parts */
  constructor({ api, jobs, marks, page, store, toasts, undo, words }) {
    this.api = api;
    this.jobs = jobs;
    this.store = store;
    this.toasts = toasts;
    this.undo = undo;
    this.words = words;
    this.needs = { marks, page, toasts };
  }

  /**
   * Opens the form of a rule.
   * @param {Rule[]} rules  all of them
   * @param {number} index  which; their number for a new one
   */
  edit(rules, index) {
    this.store.set({ dialog: { kind: 'rule', rules, index } });
  }

  /**
   * Stores a rule in its place. Raises ApiError.
   * @param {Rule[]} rules
   * @param {number} index
   * @param {Rule} rule
   */
  async put(rules, index, rule) {
    await this.api.saveRules([...rules.slice(0, index), rule, ...rules.slice(index + 1)]);
    this.toasts.show(this.words.t('settings.saved'));
    await this.needs.page.refresh();
  }

  /**
   * @param {Rule[]} rules
   * @param {number} index
   * @param {boolean} enabled
   */
  turn(rules, index, enabled) {
    return change(this.needs, () => this.put(rules, index, { ...rules[index], enabled }));
  }

  /**
   * @param {Rule[]} rules
   * @param {number} index
   */
  remove(rules, index) {
    const { t } = this.words;
    const rest = rules.filter((_, i) => i !== index);
    return change(this.needs, async () => {
      await this.api.saveRules(rest);
      const back = () => change(this.needs, () => this.api.saveRules(rules));
      this.undo.offer(t('rule.deleted'), `rule ${rules[index].tag}`, back);
    });
  }

  /** @param {Rule|null} rule  null for all that are on */
  apply(rule) {
    const { t, formats } = this.words;
    return change(this.needs, async () => {
      const { job_id: id } = await this.api.applyRules(rule);
      const result = /** @type {{given: number}|null} */ (
        await this.jobs.track(id, t('rule.applying'))
      );
      if (!result) return;
      const { given: count } = result;
      const text = t('rule.given', { count, number: formats.number(count) });
      if (count) this.undo.offer(text, `rules ${id}`, () => this.takeBack(id));
      else this.toasts.show(text);
    });
  }

  /** @param {string} run  whose tags are removed again */
  takeBack(run) {
    const { t, formats } = this.words;
    this.undo.remove(`rules ${run}`);
    return change(this.needs, async () => {
      const { job_id: id } = await this.api.undoRules(run);
      const result = /** @type {{removed: number}|null} */ (
        await this.jobs.track(id, t('rule.undoing'))
      );
      if (!result) return;
      const { removed: count } = result;
      this.toasts.show(t('rule.undone', { count, number: formats.number(count) }));
    });
  }
}
