import { ApiError } from '../api.mjs';
import { baseName } from '../lib/paths.mjs';
import { saveText, saveUrl } from '../browser/clipboard.mjs';
import { rememberFolder } from '../folders/destinations.mjs';
import { Subject } from './subject.mjs';

/** @typedef {import('../api.mjs').Failure} Failure */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */
/** @typedef {{operation_id: string|null, errors: Failure[]}} Outcome */

/** What the server calls a name that is taken. */
const NAME_TAKEN = 'NameTaken';
/** How many changes of this visit Ctrl-Z takes back. */
const KEPT_UNDOS = 50;

/**
 * What changes files. Each action tells what it did, with a way back, and what it could not do,
 * file by file.
 */
export class Acting {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
    /**
     * Ways back from the changes of this visit, the last one last.
     * @type {{id: string, run: () => unknown}[]}
     */
    this.undoable = [];
  }

  /**
   * What a key or a button is about: the picture in the viewer, else what is selected, else the
   * current one.
   */
  subject() {
    const { gallery } = this;
    const { selection, viewing } = gallery.state;
    if (!viewing && selection.everything) return new Subject(gallery, [], selection);
    if (!viewing && selection.keys.size) return new Subject(gallery, [...selection.keys.values()]);
    const item = gallery.currentItem;
    return new Subject(gallery, item?.is === 'known' ? [item] : []);
  }

  /**
   * Moves or copies. Where names are taken the user chooses what happens with those files: before
   * anything is done where they are few, and after all others are done where they are many.
   * @param {'move'|'copy'} how
   * @param {Subject} subject
   * @param {string} dest
   * @param {'error'|'rename'|'skip'} [onConflict]
   */
  async transfer(how, subject, dest, onConflict = 'error') {
    const { gallery } = this;
    const { t, formats } = gallery.words;
    const count = subject.count;
    const values = { count, number: formats.number(count), folder: baseName(dest) };
    const text = t(how === 'move' ? 'action.moving' : 'action.copying', values);
    rememberFolder(dest);
    const back = how === 'move' ? gallery.changing.away((path) => subject.has(path)) : null;
    try {
      const about = await subject.about();
      const outcome = await gallery.jobs.run(count, text, (background) =>
        gallery.api.transfer(how, about, dest, onConflict, background),
      );
      if (!outcome || 'job_id' in outcome) {
        gallery.toasts.tell(t('action.ended'));
        return;
      }
      const moves = outcome.moved ?? outcome.copied ?? [];
      const done = { ...values, count: moves.length, number: formats.number(moves.length) };
      const taken = onConflict === 'error' ? outcome.errors.filter(({ code }) => code === NAME_TAKEN) : [];
      const isAsked = taken.length > 0 && taken.length === outcome.errors.length;
      this.finish(
        { ...outcome, errors: isAsked ? [] : outcome.errors },
        t(how === 'move' ? 'action.moved' : 'action.copied', done),
        moves.length,
      );
      if (how === 'move') this.gone(moves.map((move) => move.src_path));
      else await gallery.changing.refresh();
      if (isAsked) {
        const left = t('dialog.takenLeft', { count: taken.length, number: formats.number(taken.length) });
        gallery.set({
          dialog: {
            kind: 'taken',
            how,
            subject: subject.only(taken.map(({ path }) => path)),
            dest,
            text: left,
            isRest: true,
          },
        });
      }
    } catch (error) {
      if (error instanceof ApiError && error.code === NAME_TAKEN && onConflict === 'error') {
        gallery.toasts.clear();
        gallery.set({ dialog: { kind: 'taken', how, subject, dest, text: error.message } });
      } else this.fail(error);
    } finally {
      back?.();
    }
  }

  /**
   * Deletes. Where there is no way back it asks first.
   * @param {Subject} subject
   */
  async askToRemove(subject) {
    const { gallery } = this;
    const { t, formats } = gallery.words;
    const values = { count: subject.count, number: formats.number(subject.count) };
    const run = () => this.remove(subject);
    if (gallery.state.deleteMode !== 'permanent') await run();
    else
      gallery.set({
        dialog: {
          kind: 'sure',
          title: t('trash.sure', values),
          text: t('trash.noWayBack'),
          action: t('trash.remove'),
          run,
        },
      });
  }

  /** @param {Subject} subject */
  async remove(subject) {
    const { gallery } = this;
    const { t, formats } = gallery.words;
    // The next picture comes at once: the server's answer is not waited for.
    const leaves = gallery.state.viewing;
    if (leaves) gallery.viewing.beside();
    const text = t('action.deleting', { count: subject.count, number: formats.number(subject.count) });
    const back = gallery.changing.away((path) => subject.has(path));
    try {
      const about = await subject.about();
      const outcome = await gallery.jobs.run(subject.count, text, (background) =>
        gallery.api.remove(about, background),
      );
      if (!outcome || 'job_id' in outcome) {
        gallery.toasts.tell(t('action.ended'));
        return;
      }
      const count = outcome.deleted.length;
      this.finish(outcome, t('action.deleted', { count, number: formats.number(count) }), count);
      this.gone(outcome.deleted);
    } catch (error) {
      this.fail(error);
    } finally {
      back();
    }
  }

  /**
   * @param {Item} item
   * @param {string} name
   */
  async rename(item, name) {
    const { gallery } = this;
    try {
      const outcome = await gallery.api.rename(item.path, name);
      this.finish({ ...outcome, errors: [] }, gallery.words.t('action.renamed', { name }), 1);
      gallery.selecting.clear();
      await gallery.changing.refresh({ from: item.path, to: outcome.new_path });
    } catch (error) {
      this.fail(error);
    }
  }

  /** Takes the last change of this visit back. */
  async undo() {
    const {
      toasts,
      words: { t },
    } = this.gallery;
    const last = this.undoable.pop();
    if (last) await last.run();
    else toasts.tell(t('action.nothingToUndo'));
  }

  /**
   * Tells what was done, with the way back that Ctrl-Z goes too.
   * @param {string} text
   * @param {string} id
   * @param {() => unknown} run
   */
  tellWithUndo(text, id, run) {
    const {
      toasts,
      words: { t },
    } = this.gallery;
    const once = () => {
      this.undoable = this.undoable.filter((other) => other.id !== id);
      return run();
    };
    this.undoable = [...this.undoable, { id, run: once }].slice(-KEPT_UNDOS);
    toasts.tell(text, { label: t('action.undo'), run: once });
  }

  /**
   * @param {string} operation
   * @param {number} count  files that it changed
   */
  async takeBack(operation, count) {
    const { gallery } = this;
    const { t, formats } = gallery.words;
    this.undoable = this.undoable.filter((other) => other.id !== operation);
    try {
      const outcome = await gallery.jobs.run(count, t('action.undoing'), (background) =>
        gallery.api.undo(operation, background),
      );
      const restored = outcome && 'restored' in outcome ? outcome.restored : [];
      gallery.toasts.tell(
        t('action.undone', { count: restored.length, number: formats.number(restored.length) }),
      );
      await gallery.changing.refresh();
    } catch (error) {
      this.fail(error);
    }
  }

  /**
   * One file as it is, several as one archive.
   * @param {Subject} subject
   */
  async download(subject) {
    const { gallery } = this;
    const { first } = subject;
    if (subject.count === 1 && first && first.kind !== 'dir') {
      saveUrl(first.name, gallery.api.file(first.path, first.date, first.name));
      return;
    }
    const { t, formats } = gallery.words;
    gallery.toasts.begin(
      t('action.packing', { count: subject.count, number: formats.number(subject.count) }),
    );
    try {
      const { name, data } = await gallery.api.zip(await subject.about());
      saveText(name, data, 'application/zip');
      gallery.toasts.tell(t('action.packed', { name }));
    } catch (error) {
      this.fail(error);
    }
  }

  /** @param {Item} item */
  async openFolder(item) {
    const { gallery } = this;
    try {
      await gallery.api.openFolder(item.path);
      gallery.toasts.tell(gallery.words.t('action.openedFolder'));
    } catch (error) {
      this.fail(error);
    }
  }

  /**
   * @param {Item} item
   * @param {string} infotext
   * @returns {Promise<boolean>}  whether it was written
   */
  async writeInfotext(item, infotext) {
    const { gallery } = this;
    try {
      const outcome = await gallery.api.writeInfotext(item.path, infotext);
      gallery.info.details.forget(item.path);
      this.finish({ ...outcome, errors: [] }, gallery.words.t('info.written'), 1);
      await gallery.changing.refresh();
      gallery.info.ask(0);
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  /**
   * Tells what was done, and shows what was not.
   * @param {Outcome} outcome
   * @param {string} text
   * @param {number} count  how many files were changed
   */
  finish({ operation_id: operation, errors }, text, count) {
    const { gallery } = this;
    if (count && operation) this.tellWithUndo(text, operation, () => this.takeBack(operation, count));
    else if (count) gallery.toasts.tell(text);
    else gallery.toasts.clear();
    if (errors.length) gallery.set({ dialog: { kind: 'problems', errors } });
  }

  /**
   * These files are no longer where they were.
   * @param {string[]} paths
   */
  gone(paths) {
    const { gallery } = this;
    gallery.selecting.forget(paths);
    gallery.changing.drop(paths);
  }

  /**
   * @param {unknown} error
   * @param {(() => void)|null} [retry]
   */
  fail(error, retry = null) {
    if (!(error instanceof ApiError)) throw error;
    const {
      toasts,
      words: { t },
    } = this.gallery;
    toasts.tell(
      error.message || t('problem.unreachable.title'),
      retry && { label: t('problem.retry'), run: retry },
    );
  }
}
