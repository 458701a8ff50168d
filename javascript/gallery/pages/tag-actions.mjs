import { renamesOf } from '../lib/tag-tree.mjs';
import { change } from './changing.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/tag-tree.mjs').TagNode} TagNode */
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

  /**
   * @param {{name: string}} tag
   * @param {TagNode[]} nodes  all of them: those below the tag are renamed with it
   */
  askForName(tag, nodes) {
    const { t } = this.words;
    const run = (/** @type {string} */ name) => this.rename(renamesOf(nodes, tag.name, name), name);
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

  /**
   * @param {ReturnType<typeof renamesOf>} renames
   * @param {string} name
   */
  rename({ after, before }, name) {
    const text = this.words.t('manage.renamed', { name });
    return change(this.needs, async () => {
      await this.api.renameTags(after);
      this.changes += 1;
      const back = () => change(this.needs, () => this.api.renameTags(before));
      this.undo.offer(text, `tag change ${this.changes}`, back);
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
  colour({ color: before, id, name }, color) {
    return change(this.needs, async () => {
      await this.api.changeTag(id, { color });
      this.changes += 1;
      const back = () => change(this.needs, () => this.api.changeTag(id, { color: before }));
      this.undo.offer(this.words.t('tag.coloured', { name }), `tag change ${this.changes}`, back);
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
      const { change_id: merge } = await this.api.mergeTags([tag.id], into.id);
      this.offerUndo(this.words.t('tag.merged', { name: tag.name, into: into.name }), merge);
    });
  }

  /**
   * @param {string} text
   * @param {string} id  of a change that the server can undo
   */
  offerUndo(text, id) {
    this.undo.offer(text, `marks ${id}`, () => change(this.needs, () => this.api.undoMarks(id)));
  }

  /** @param {TagInfo} tag */
  askToDelete({ count, id, name }) {
    const { t, formats } = this.words;
    const run = () =>
      change(this.needs, async () => {
        const { change_id: removal } = await this.api.removeTag(id);
        this.offerUndo(t('tag.deleted', { name }), removal);
      });
    const text = t('tag.sure.text', { count, number: formats.number(count) });
    this.store.set({
      dialog: {
        kind: 'sure',
        title: t('tag.sure', { name }),
        text,
        action: t('tag.delete'),
        isUndoable: true,
        run,
      },
    });
  }
}
