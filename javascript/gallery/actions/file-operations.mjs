import { ApiError } from '../api/transport.mjs';
import { saveText, saveUrl } from '../browser/clipboard.mjs';
import { shareFiles } from '../browser/share.mjs';
import { rememberFolder } from '../folders/destinations.mjs';
import { baseName, folderOf, joinPath } from '../lib/paths.mjs';
import { stackedText } from '../lib/stacks.mjs';

/** @typedef {import('../api/operations.mjs').Conflict} Conflict */
/** @typedef {import('../api/operations.mjs').Failure} Failure */
/** @typedef {import('../api/operations.mjs').Transferred} Transferred */
/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../ui/conflict-dialog.mjs').Choice} Choice */
/** @typedef {import('./subject.mjs').Subject} Subject */
/** @typedef {{operation_id: string|null, errors: Failure[]}} Outcome */
/**
 * @typedef {Pick<Parts, 'api'|'info'|'jobs'|'reconciler'|'selection'|'store'>} Work
 * @typedef {Work & Pick<Parts, 'toasts'|'undo'|'viewer'|'words'>} Needs
 */

/** More files than this are no use to another program, and too much for a phone's memory. */
const MOST_SHARED = 20;
/** What the server calls a name that is taken. */
const NAME_TAKEN = 'NameTaken';

/**
 * What changes files on the disk. Each operation says what it did, with a way to undo it, and what it
 * could not do, file by file.
 */
export class FileOperations {
  /** @param {Needs} parts */
  constructor({ api, info, jobs, reconciler, selection, store, toasts, undo, viewer, words }) {
    this.api = api;
    this.info = info;
    this.jobs = jobs;
    this.reconciler = reconciler;
    this.selection = selection;
    this.store = store;
    this.toasts = toasts;
    this.undoStack = undo;
    this.viewer = viewer;
    this.words = words;
  }

  /**
   * Moves or copies. Where names are taken the user chooses what happens with those files: before
   * anything is done where they are few, and after all others are done where they are many.
   * @param {'move'|'copy'} how
   * @param {Subject} subject
   * @param {string} dest
   * @param {Conflict} [onConflict]
   * @param {string[]} [replace]  files that replace the ones that have their names
   */
  async transfer(how, subject, dest, onConflict = 'error', replace = []) {
    const { t } = this.words;
    const text = t(how === 'move' ? 'action.moving' : 'action.copying', {
      ...this.countOf(subject.count),
      folder: baseName(dest),
    });
    rememberFolder(dest);
    const back = how === 'move' ? this.reconciler.away((path) => subject.has(path)) : null;
    try {
      const about = await subject.about();
      const outcome = await this.jobs.run(subject.count, text, (background) =>
        this.api.transfer(how, about, dest, onConflict, replace, background),
      );
      if (!outcome || 'job_id' in outcome) this.toasts.show(t('action.ended'));
      else await this.afterTransfer(how, subject, dest, onConflict, outcome);
    } catch (error) {
      if (error instanceof ApiError && error.code === NAME_TAKEN && onConflict === 'error') {
        this.toasts.clear();
        await this.askAboutNames(how, subject, dest);
      } else this.toasts.fail(error);
    } finally {
      back?.();
    }
  }

  /**
   * @param {'move'|'copy'} how
   * @param {Subject} subject
   * @param {string} dest
   * @param {Conflict} onConflict
   * @param {Transferred} outcome
   */
  async afterTransfer(how, subject, dest, onConflict, outcome) {
    const moves = outcome.moved ?? outcome.copied ?? [];
    const taken =
      onConflict === 'error' ? outcome.errors.filter(({ code }) => code === NAME_TAKEN) : [];
    const isAsked = taken.length > 0 && taken.length === outcome.errors.length;
    const done = { ...this.countOf(moves.length), folder: baseName(dest) };
    const replaced = new Set(outcome.replaced);
    const texts = [this.words.t(how === 'move' ? 'action.moved' : 'action.copied', done)];
    if (replaced.size) texts.push(this.words.t('action.replaced', this.countOf(replaced.size)));
    const text = texts.join(' · ');
    const added = moves.map((move) => move.dest_path).filter((path) => !replaced.has(path));
    this.finish({ ...outcome, errors: isAsked ? [] : outcome.errors }, text, moves.length, added);
    if (how === 'move') this.gone(moves.map((move) => move.src_path));
    else await this.reconciler.refresh();
    if (!isAsked) return;
    const paths = taken.map(({ path }) => path);
    this.askAbout(paths, subject.count, dest, true, (choices) => {
      const chosen = paths.filter((_, i) => choices[i] !== 'skip');
      const replace = paths.filter((_, i) => choices[i] === 'replace');
      if (chosen.length) this.transfer(how, subject.only(chosen), dest, 'rename', replace);
    });
  }

  /**
   * Asks what happens with the files whose names are taken, before anything is done.
   * @param {'move'|'copy'} how
   * @param {Subject} subject
   * @param {string} dest
   */
  async askAboutNames(how, subject, dest) {
    try {
      const { errors } = await this.api.planTransfer(how, await subject.about(), dest);
      // What is there already needs no move.
      const paths = errors
        .filter(
          ({ code, path }) => code === NAME_TAKEN && !(how === 'move' && folderOf(path) === dest),
        )
        .map(({ path }) => path);
      if (!paths.length) await this.transfer(how, subject, dest, 'skip');
      else
        this.askAbout(paths, subject.count, dest, false, (choices) =>
          this.transferAfter(how, subject, dest, paths, choices),
        );
    } catch (error) {
      this.toasts.fail(error);
    }
  }

  /**
   * @param {string[]} paths  of files whose names are taken
   * @param {number} total
   * @param {string} dest
   * @param {boolean} isRest  all others are done
   * @param {(choices: Choice[]) => void} onChoose
   */
  askAbout(paths, total, dest, isRest, onChoose) {
    const conflicts = paths.map((path) => ({
      source: path,
      target: joinPath(dest, baseName(path)),
    }));
    const dialog = { conflicts, total, dest, isRest, canReplace: true, onChoose };
    this.store.set({ dialog: { kind: 'conflicts', ...dialog } });
  }

  /**
   * Moves or copies all but what the user skips, by one operation. What replaces others is named: a name
   * that is taken since the question is not among them.
   * @param {'move'|'copy'} how
   * @param {Subject} subject
   * @param {string} dest
   * @param {string[]} taken
   * @param {Choice[]} choices
   */
  async transferAfter(how, subject, dest, taken, choices) {
    const skipped = new Set(taken.filter((_, i) => choices[i] === 'skip'));
    const replace = taken.filter((_, i) => choices[i] === 'replace');
    try {
      if (skipped.size === taken.length) await this.transfer(how, subject, dest, 'skip');
      else if (!skipped.size) await this.transfer(how, subject, dest, 'rename', replace);
      else {
        const paths = (await subject.paths()).filter((path) => !skipped.has(path));
        await this.transfer(how, subject.only(paths), dest, 'rename', replace);
      }
    } catch (error) {
      this.toasts.fail(error);
    }
  }

  /**
   * Deletes. Where that cannot be undone it asks first.
   * @param {Subject} subject
   */
  async askToRemove(subject) {
    const { t } = this.words;
    const run = () => this.remove(subject);
    const { confirmsDelete, deleteMode } = this.store.state;
    const isForGood = deleteMode === 'permanent';
    // A stack hides most of what it holds: how much that is, is said first.
    if (!isForGood && !confirmsDelete && !subject.stacks) {
      await run();
      return;
    }
    const title = subject.stacks
      ? t(isForGood ? 'stack.sure' : 'stack.sureToMove', {
          files: stackedText(subject, this.words),
        })
      : t(isForGood ? 'trash.sure' : 'trash.sureToMove', this.countOf(subject.count));
    const text = t(isForGood ? 'trash.noWayBack' : 'trash.canBeUndone');
    const action = t(isForGood ? 'trash.remove' : 'action.delete');
    this.store.set({ dialog: { kind: 'sure', title, text, action, isUndoable: !isForGood, run } });
  }

  /** @param {Subject} subject */
  async remove(subject) {
    const { t } = this.words;
    // The next picture comes at once: the server's answer is not waited for.
    if (this.store.state.viewing) this.viewer.beside();
    const text = t('action.deleting', this.countOf(subject.count));
    const back = this.reconciler.away((path) => subject.has(path));
    try {
      const about = await subject.about();
      const outcome = await this.jobs.run(subject.count, text, (background) =>
        this.api.remove(about, background),
      );
      if (!outcome || 'job_id' in outcome) {
        this.toasts.show(t('action.ended'));
        return;
      }
      const count = outcome.deleted.length;
      this.finish(outcome, t('action.deleted', this.countOf(count)), count);
      this.gone(outcome.deleted);
    } catch (error) {
      this.toasts.fail(error);
    } finally {
      back();
    }
  }

  /**
   * @param {Item} item
   * @param {string} name
   */
  async rename(item, name) {
    try {
      const outcome = await this.api.rename(item.path, name);
      this.finish({ ...outcome, errors: [] }, this.words.t('action.renamed', { name }), 1, [
        outcome.new_path,
      ]);
      this.selection.clear();
      await this.reconciler.refresh({ from: item.path, to: outcome.new_path });
    } catch (error) {
      this.toasts.fail(error);
    }
  }

  /**
   * Gives files names by a pattern.
   * @param {Subject} subject
   * @param {string} pattern
   */
  async renameMany(subject, pattern) {
    const { t } = this.words;
    try {
      const about = await subject.about();
      const text = t('rename.running', this.countOf(subject.count));
      const outcome = await this.jobs.run(subject.count, text, (background) =>
        this.api.renameFiles(about, pattern, background),
      );
      if (!outcome || 'job_id' in outcome) this.toasts.show(t('action.ended'));
      else this.afterRename(outcome);
      this.selection.clear();
      await this.reconciler.refresh();
    } catch (error) {
      this.toasts.fail(error);
    }
  }

  /** @param {import('../api/operations.mjs').FilesRenamed} outcome */
  afterRename(outcome) {
    const { renamed } = outcome;
    const text = this.words.t('action.renamedMany', this.countOf(renamed.length));
    const added = renamed.map(({ dest_path: path }) => path);
    this.finish(outcome, text, renamed.length, added);
  }

  /**
   * Undoes an operation.
   * @param {string} operation
   * @param {number} count  files that it changed
   * @param {string[]} [added]  paths at which there is no file once it is undone, as far as they are known
   */
  async undo(operation, count, added = []) {
    const { t } = this.words;
    this.undoStack.remove(operation);
    const paths = new Set(added);
    const back = this.reconciler.away((path) => paths.has(path));
    try {
      const outcome = await this.jobs.run(count, t('action.undoing'), (background) =>
        this.api.undo(operation, background),
      );
      const restored = outcome && 'restored' in outcome ? outcome.restored : [];
      this.toasts.show(t('action.undone', this.countOf(restored.length)));
      await this.reconciler.refresh();
    } catch (error) {
      this.toasts.fail(error);
    } finally {
      back();
    }
  }

  /**
   * One file as it is, several as one archive.
   * @param {Subject} subject
   * @param {boolean} [isClean]  without what says how they were made
   */
  async download(subject, isClean = false) {
    const { first } = subject;
    if (subject.count === 1 && first && first.kind !== 'dir') {
      if (isClean) await this.downloadClean(first);
      else saveUrl(first.name, this.api.file(first.path, first.date, first.name));
      return;
    }
    const { t } = this.words;
    this.toasts.begin(t('action.packing', this.countOf(subject.count)));
    try {
      const { name, data } = await this.api.zip(await subject.about(), isClean);
      saveText(name, data, 'application/zip');
      this.toasts.show(t('action.packed', { name }));
    } catch (error) {
      this.toasts.fail(error);
    }
  }

  /**
   * Asked for before it is saved: not every format can be freed of what it says.
   * @param {Item} item
   */
  async downloadClean({ date, name, path }) {
    try {
      const data = await this.api.cleanBlob(path, date);
      saveText(name, data, data.type);
    } catch (error) {
      this.toasts.fail(error);
    }
  }

  /**
   * Hands files to another program by the system's sheet.
   * @param {Subject} subject
   */
  async share(subject) {
    const { t } = this.words;
    if (subject.count > MOST_SHARED) {
      this.toasts.show(t('share.tooMany', this.countOf(MOST_SHARED)));
      return;
    }
    this.toasts.begin(t('share.loading', this.countOf(subject.count)));
    try {
      const files = await Promise.all((await subject.files()).map((item) => this.fileOf(item)));
      this.toasts.clear();
      const share = async () => {
        if (!(await shareFiles(files)))
          this.toasts.show(t('share.ready'), { label: t('action.share'), run: share });
      };
      await share();
    } catch (error) {
      this.toasts.fail(error);
    }
  }

  /** @param {Item} item */
  async fileOf({ date, name, path }) {
    const data = await this.api.blob(path, date);
    return new File([data], name, { type: data.type });
  }

  /** @param {Item} item */
  async openFolder(item) {
    try {
      await this.api.openFolder(item.path);
      this.toasts.show(this.words.t('action.openedFolder'));
    } catch (error) {
      this.toasts.fail(error);
    }
  }

  /**
   * @param {Item} item
   * @param {string} infotext
   * @returns {Promise<boolean>}  whether it was written
   */
  async writeInfotext(item, infotext) {
    try {
      const outcome = await this.api.writeInfotext(item.path, infotext);
      this.info.cache.forget(item.path);
      this.finish({ ...outcome, errors: [] }, this.words.t('info.written'), 1);
      await this.reconciler.refresh();
      this.info.ask(0);
      return true;
    } catch (error) {
      this.toasts.fail(error);
      return false;
    }
  }

  /**
   * Says what was done, and shows what was not.
   * @param {Outcome} outcome
   * @param {string} text
   * @param {number} count  how many files were changed
   * @param {string[]} [added]  paths at which there was no file before
   */
  finish({ operation_id: operation, errors }, text, count, added = []) {
    if (count && operation)
      this.undoStack.offer(text, operation, () => this.undo(operation, count, added));
    else if (count) this.toasts.show(text);
    else this.toasts.clear();
    if (errors.length) this.store.set({ dialog: { kind: 'problems', errors } });
  }

  /**
   * These files are no longer where they were.
   * @param {string[]} paths
   */
  gone(paths) {
    this.selection.forget(paths);
    this.reconciler.drop(paths);
  }

  /**
   * A number as texts take it.
   * @param {number} count
   */
  countOf(count) {
    return { count, number: this.words.formats.number(count) };
  }
}
