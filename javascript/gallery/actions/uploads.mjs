import { ApiError } from '../api/transport.mjs';
import { rememberFolder } from '../folders/destinations.mjs';
import { countOf, readSources } from '../lib/dropped.mjs';
import { baseName, joinPath } from '../lib/paths.mjs';

/** @typedef {import('../api/operations.mjs').Conflict} Conflict */
/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/dropped.mjs').Dropped} Dropped */
/** @typedef {import('../ui/conflict-dialog.mjs').Choice} Choice */
/**
 * @typedef {Pick<Parts, 'api'|'jobs'|'reconciler'|'store'>} Work
 * @typedef {Work & Pick<Parts, 'fileOperations'|'toasts'|'undo'|'words'>} Needs
 */

/**
 * What became of the files: ``taken`` are those whose names are in use.
 * @typedef {Object} Outcome
 * @property {number} count  of files that are in the library now
 * @property {{id: string, paths: string[]}[]} operations  with the files that each has brought
 * @property {{path: string, error: string}[]} errors
 * @property {Dropped} taken
 */

const NAME_TAKEN = 'NameTaken';
/** So many go with one request; the server takes a thousand. */
const BATCH = 500;

let last = 0;

/** Sends files into the library. */
export class Uploads {
  /** @param {Needs} parts */
  constructor({ api, fileOperations, jobs, reconciler, store, toasts, undo, words }) {
    this.api = api;
    this.fileOperations = fileOperations;
    this.jobs = jobs;
    this.reconciler = reconciler;
    this.store = store;
    this.toasts = toasts;
    this.undoStack = undo;
    this.words = words;
  }

  /**
   * @param {import('../lib/dropped.mjs').Source[]} sources
   * @param {string} folder  '' where the user is to choose one
   */
  async take(sources, folder) {
    const dropped = await readSources(sources);
    if (!countOf(dropped)) this.toasts.show(this.words.t('upload.nothing'));
    else if (folder) await this.send(dropped, folder);
    else this.store.set({ dialog: { kind: 'upload', uploads: this, dropped } });
  }

  /**
   * @param {Dropped} dropped
   * @param {string} dest
   * @param {Conflict} [onConflict]
   */
  async send(dropped, dest, onConflict = 'error') {
    rememberFolder(dest);
    this.toasts.clear();
    /** @type {Outcome} */
    const outcome = { count: 0, operations: [], errors: [], taken: new Map() };
    try {
      await this.sendAll(dropped, dest, onConflict, outcome);
    } catch (error) {
      if (error instanceof ApiError) this.toasts.fail(error);
      else if (!isAbort(error)) throw error;
    }
    await this.finish(outcome, dest);
  }

  /**
   * @param {Dropped} dropped
   * @param {string} dest
   * @param {Conflict} onConflict
   * @param {Outcome} outcome
   */
  async sendAll(dropped, dest, onConflict, outcome) {
    const progress = this.begin(dropped, dest);
    try {
      for (const [folder, files] of dropped) {
        const to = folder ? joinPath(dest, folder) : dest;
        if (folder) await this.api.makeFolder(to);
        for (let at = 0; at < files.length; at += BATCH) {
          const batch = files.slice(at, at + BATCH);
          const answer = await this.api.upload(batch, to, onConflict, progress);
          progress.sent += sizeOf(batch);
          add(outcome, answer, folder, batch);
        }
      }
    } finally {
      this.jobs.remove(progress.id);
    }
  }

  /**
   * Shows how much is sent, with a way to stop.
   * @param {Dropped} dropped
   * @param {string} dest
   */
  begin(dropped, dest) {
    const ending = new AbortController();
    const text = this.words.t('upload.sending', this.counted(countOf(dropped), dest));
    const total = sizeOf([...dropped.values()].flat());
    const id = `upload-${++last}`;
    const cancel = async () => ending.abort();
    this.jobs.put({ id, text, part: 0, isEnding: false, cancel });
    const progress = {
      id,
      signal: ending.signal,
      /** Bytes of the requests before. */
      sent: 0,
      onProgress: (/** @type {number} */ bytes) => {
        const job = this.jobs.find(id);
        if (job && total)
          this.jobs.put({ ...job, part: Math.min(1, (progress.sent + bytes) / total) });
      },
    };
    return progress;
  }

  /**
   * Says what was done, with a way to undo it, and what was not.
   * @param {Outcome} outcome
   * @param {string} dest
   */
  async finish({ count, operations, errors, taken }, dest) {
    const { t } = this.words;
    if (count) {
      const undo = async () => {
        for (const { id, paths } of [...operations].reverse())
          await this.fileOperations.undo(id, paths.length, paths);
      };
      this.undoStack.offer(t('upload.done', this.counted(count, dest)), operations[0].id, undo);
    }
    if (errors.length) this.store.set({ dialog: { kind: 'problems', errors } });
    else if (countOf(taken)) this.askAboutNames(taken, dest, count + countOf(taken));
    await this.reconciler.refresh();
  }

  /**
   * @param {Dropped} taken
   * @param {string} dest
   * @param {number} total
   */
  askAboutNames(taken, dest, total) {
    const files = [...taken].flatMap(([folder, some]) => some.map((file) => ({ folder, file })));
    const conflicts = files.map(({ folder, file }) => ({
      source: file,
      target: joinPath(folder ? joinPath(dest, folder) : dest, file.name),
    }));
    const onChoose = (/** @type {Choice[]} */ choices) => {
      /** @type {Record<'keep'|'replace'|'skip', Dropped>} */
      const chosen = { keep: new Map(), replace: new Map(), skip: new Map() };
      for (const [i, { folder, file }] of files.entries()) {
        const some = chosen[choices[i]];
        some.set(folder, [...(some.get(folder) ?? []), file]);
      }
      return this.sendChosen(chosen, dest);
    };
    this.store.set({
      dialog: {
        kind: 'conflicts',
        conflicts,
        total,
        dest,
        isRest: true,
        canReplace: true,
        onChoose,
      },
    });
  }

  /**
   * @param {{keep: Dropped, replace: Dropped}} chosen
   * @param {string} dest
   */
  async sendChosen({ keep, replace }, dest) {
    if (replace.size) await this.send(replace, dest, 'replace');
    if (keep.size) await this.send(keep, dest, 'rename');
  }

  /**
   * @param {number} count
   * @param {string} dest
   */
  counted(count, dest) {
    return { count, number: this.words.formats.number(count), folder: baseName(dest) };
  }
}

/**
 * @param {Outcome} outcome
 * @param {import('../api/operations.mjs').Uploaded} answer
 * @param {string} folder
 * @param {File[]} files
 */
function add(outcome, { uploaded, errors, operation_id: operation }, folder, files) {
  outcome.count += uploaded.length;
  if (operation)
    outcome.operations.push({ id: operation, paths: uploaded.map(({ path }) => path) });
  const taken = new Set(errors.filter(({ code }) => code === NAME_TAKEN).map(({ name }) => name));
  const again = files.filter(({ name }) => taken.has(name));
  if (again.length) outcome.taken.set(folder, [...(outcome.taken.get(folder) ?? []), ...again]);
  const others = errors.filter(({ code }) => code !== NAME_TAKEN);
  outcome.errors.push(...others.map(({ name, error }) => ({ path: name, error })));
}

/** @param {File[]} files */
function sizeOf(files) {
  return files.reduce((sum, { size }) => sum + size, 0);
}

/** @param {unknown} error */
function isAbort(error) {
  return error instanceof DOMException && error.name === 'AbortError';
}
