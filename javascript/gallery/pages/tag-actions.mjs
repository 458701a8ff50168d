import { change } from './changing.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').TagInfo} TagInfo */

/** What can be done with a tag of the user's. */
export class TagActions {
  /** @param {Pick<Parts, 'api'|'marks'|'page'|'store'|'toasts'|'undo'|'words'>} parts */
  constructor({ api, marks, page, store, toasts, undo, words }) {
    this.api = api;
    this.store = store;
    this.toasts = toasts;
    this.undo = undo;
    this.words = words;
    this.needs = { marks, page, toasts };
    this.changes = 0;
  }

  /** @param {TagInfo} tag */
  askForName(tag) {
    const { t } = this.words;
    const run = (/** @type {string} */ name) =>
      this.change(tag, { name }, t('manage.renamed', { name }), { name: tag.name });
    this.store.set({
      dialog: {
        kind: 'name',
        title: t('tag.rename'),
        verb: t('action.rename'),
        name: tag.name,
        run,
      },
    });
  }

  /** @param {TagInfo} tag */
  askForColour(tag) {
    this.store.set({ dialog: { kind: 'tagColour', tag } });
  }

  /**
   * @param {TagInfo} tag
   * @param {string} color  '' for none
   */
  colour(tag, color) {
    const text = this.words.t('tag.coloured', { name: tag.name });
    return this.change(tag, { color }, text, { color: tag.color });
  }

  /**
   * @param {TagInfo} tag
   * @param {{name?: string, color?: string}} how
   * @param {string} text  says what was done
   * @param {{name?: string, color?: string}} before
   */
  change({ id }, how, text, before) {
    return change(this.needs, async () => {
      await this.api.changeTag(id, how);
      this.changes += 1;
      const back = () => change(this.needs, () => this.api.changeTag(id, before));
      this.undo.offer(text, `tag change ${this.changes}`, back);
    });
  }

  /** @param {TagInfo} tag */
  askToMerge(tag) {
    this.store.set({ dialog: { kind: 'tagMerge', tag } });
  }

  /**
   * @param {TagInfo} tag
   * @param {TagInfo} into
   */
  merge(tag, into) {
    return change(this.needs, async () => {
      await this.api.mergeTags([tag.id], into.id);
      this.toasts.show(this.words.t('tag.merged', { name: tag.name, into: into.name }));
    });
  }

  /** @param {TagInfo} tag */
  askToDelete({ count, id, name }) {
    const { t, formats } = this.words;
    const run = () => change(this.needs, () => this.api.removeTag(id));
    const text = t('tag.sure.text', { count, number: formats.number(count) });
    this.store.set({
      dialog: { kind: 'sure', title: t('tag.sure', { name }), text, action: t('tag.delete'), run },
    });
  }
}
