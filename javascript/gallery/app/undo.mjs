/** @typedef {import('./parts.mjs').Parts} Parts */

/** How many changes of this visit Ctrl-Z can undo. */
const KEPT = 50;

/** What can be undone of the changes of this visit, the last one last. */
export class UndoStack {
  /** @param {Pick<Parts, 'toasts'|'words'>} parts */
  constructor({ toasts, words }) {
    this.toasts = toasts;
    this.words = words;
    /** @type {{id: string, run: () => unknown}[]} */
    this.entries = [];
  }

  /**
   * Says what was done, with an Undo button that does the same as Ctrl-Z.
   * @param {string} text
   * @param {string} id
   * @param {() => unknown} run
   */
  offer(text, id, run) {
    this.toasts.show(text, { label: this.words.t('action.undo'), run: this.push(id, run, text) });
  }

  /**
   * @param {string} id
   * @param {() => unknown} run
   * @param {string} text  what was done
   * @returns {() => unknown}  runs it, and takes it from the stack
   */
  push(id, run, text) {
    const { t } = this.words;
    const once = async () => {
      this.remove(id);
      const { last } = this.toasts;
      await run();
      // What it has said itself, be it that it failed, says more.
      if (this.toasts.last === last) this.toasts.show(t('action.undoneWhat', { what: text }));
    };
    this.entries = [...this.entries, { id, run: once }].slice(-KEPT);
    return once;
  }

  /** @param {string} id  of a change that was undone in another way */
  remove(id) {
    this.entries = this.entries.filter((entry) => entry.id !== id);
  }

  /** Undoes the last change. */
  async run() {
    const last = this.entries.pop();
    if (last) await last.run();
    else this.toasts.show(this.words.t('action.nothingToUndo'));
  }
}
