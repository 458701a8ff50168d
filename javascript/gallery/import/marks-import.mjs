import { ApiError } from '../api/transport.mjs';
import { readPref, writePref } from '../browser/prefs.mjs';

/** @typedef {import('../lib/types.mjs').Brought} Brought */
/** @typedef {import('../lib/types.mjs').Offer} Offer */
/** @typedef {import('../app/parts.mjs').Parts} Parts */

/**
 * The name under which the server keeps which offers were answered, so that no browser of the user
 * is asked again.
 */
const ANSWERED = 'import_answered';
/** The pictures come first. */
const LATER_MS = 1200;
/**
 * When this browser last looked in vain, and for how long that is taken for the answer: another
 * program is not installed every day.
 */
const LOOKED = 'import_looked';
const LOOK_AGAIN_MS = 7 * 24 * 3600 * 1000;

/** @type {(value: unknown) => value is string[]} */
const areTexts = (value) => Array.isArray(value) && value.every((one) => typeof one === 'string');
/** @type {(value: unknown) => value is number} */
const isTime = (value) => typeof value === 'number';

/** What another program knows of the same pictures: offered once, and imported. */
export class MarksImport {
  /**
   * @param {Pick<Parts, 'api'|'display'|'indexStatus'|'jobs'|'marks'|'reconciler'|'store'|'toasts'|'words'>}
   * parts
   */
  constructor({ api, display, indexStatus, jobs, marks, reconciler, store, toasts, words }) {
    this.api = api;
    this.display = display;
    this.indexStatus = indexStatus;
    this.jobs = jobs;
    this.marks = marks;
    this.reconciler = reconciler;
    this.store = store;
    this.toasts = toasts;
    this.words = words;
    /** @type {string[]} */
    this.answered = [];
    this.isAsked = false;
  }

  /** @param {Record<string, unknown>} settings  as the server keeps them */
  takeOver(settings) {
    const kept = settings[ANSWERED];
    this.answered = [
      ...new Set([
        ...(areTexts(kept) ? kept : []),
        ...readPref(ANSWERED, /** @type {string[]} */ ([]), areTexts),
      ]),
    ];
    if (
      this.isAsked ||
      this.store.state.readOnly ||
      Date.now() - readPref(LOOKED, 0, isTime) < LOOK_AGAIN_MS
    )
      return;
    this.isAsked = true;
    setTimeout(() => this.offer(), LATER_MS);
  }

  /** Offers what can be imported and was not answered yet. */
  async offer() {
    const found = await this.find();
    const offers = found?.filter((offer) => !this.answered.includes(offer.path)) ?? [];
    if (found && !offers.length) writePref(LOOKED, Date.now());
    this.store.set({ offer: offers[0] ?? null });
  }

  /**
   * Databases that the server finds, as far as there is anything in them.
   * @returns {Promise<Offer[]|null>}  null: it could not be asked
   */
  async find() {
    try {
      return (await this.api.importable()).filter(
        ({ tags, tagged, folders }) => tags || tagged || folders,
      );
    } catch (error) {
      if (error instanceof ApiError) return null; // it is an offer, and no reason to complain
      throw error;
    }
  }

  /** Not now. */
  rest() {
    this.store.set({ offer: null });
  }

  /**
   * This database is not offered again.
   * @param {string} path
   */
  async answer(path) {
    this.answered = [...new Set([...this.answered, path])];
    writePref(ANSWERED, this.answered);
    this.store.set({ offer: null });
    try {
      await this.api.saveSetting(ANSWERED, this.answered);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // this browser keeps it
    }
  }

  /**
   * What a file would bring; nothing changes.
   * @param {string|File} source  a file, or the path of one on the server's machine
   * @returns {Promise<Brought|string>}  why that is not possible, as a text
   */
  async look(source) {
    const { t } = this.words;
    try {
      const { job_id: id } = await this.api.importMarks(source, true);
      const seen = /** @type {Brought|null} */ (await this.jobs.track(id, t('import.looking')));
      return seen ?? t('import.look.ended');
    } catch (error) {
      return this.reasonOf(error);
    }
  }

  /**
   * Brings over what a file holds.
   * @param {string|File} source
   * @returns {Promise<string>}  why that is not possible; '' where it goes on by itself
   */
  async start(source) {
    try {
      const { job_id: id } = await this.api.importMarks(source, false);
      this.store.set({ offer: null });
      this.follow(id, source);
      return '';
    } catch (error) {
      return this.reasonOf(error);
    }
  }

  /**
   * Why a file is not imported. Raises what is no answer of the server.
   * @param {unknown} error
   */
  reasonOf(error) {
    if (!(error instanceof ApiError)) throw error;
    return error.message || this.words.t('problem.unreachable.title');
  }

  /**
   * @param {string} id
   * @param {string|File} source
   */
  async follow(id, source) {
    const { t } = this.words;
    const path = typeof source === 'string' ? source : source.name;
    try {
      const brought = /** @type {Brought|null} */ (await this.jobs.track(id, t('import.busy')));
      if (brought && typeof source === 'string') await this.answer(source);
      this.toasts.show(brought ? this.summaryOf(brought) : t('import.ended'));
      if (brought?.errors.length) {
        this.store.set({
          dialog: {
            kind: 'problems',
            title: t('import.problems'),
            errors: brought.errors.map((error) => ({ path, error })),
          },
        });
      }
      await this.takeIn();
    } catch (error) {
      this.toasts.fail(error, () => this.retry(source));
    }
  }

  /** @param {string|File} source */
  async retry(source) {
    const refused = await this.start(source);
    if (refused) this.toasts.show(refused);
  }

  /**
   * What came in, in words.
   * @param {Brought} brought
   */
  summaryOf({ tags, files, waiting, folders }) {
    const { t, formats } = this.words;
    const number = (/** @type {number} */ count) => ({ count, number: formats.number(count) });
    const words = [
      t('import.done', {
        tags: t('import.tags', number(tags)),
        files: t('import.files', number(files)),
      }),
    ];
    if (folders.length) words.push(t('import.folders', number(folders.length)));
    if (waiting) words.push(t('import.waiting', number(waiting)));
    return words.join(' ');
  }

  /**
   * What would come in, in words.
   * @param {Brought} brought
   */
  previewOf({ tags, albums, files, waiting, folders, errors }) {
    const { t, formats } = this.words;
    const number = (/** @type {number} */ count) => ({ count, number: formats.number(count) });
    const words = [
      t('import.preview', {
        tags: t('import.tags', number(tags)),
        albums: t('import.albums', number(albums)),
        files: t('import.files', number(files)),
      }),
    ];
    if (waiting) words.push(t('import.waiting', number(waiting)));
    if (folders.length) words.push(t('import.preview.folders', number(folders.length)));
    if (errors.length) words.push(t('import.preview.errors', number(errors.length)));
    return [...words, t('import.preview.stays')].join(' ');
  }

  /** Shows what is there now: folders, tags, stars. */
  async takeIn() {
    const { roots } = await this.api.settings();
    this.marks.known.clear();
    this.store.set({ roots, turn: this.store.state.turn + 1 });
    this.marks.want(this.display.grid?.near() ?? []);
    await this.indexStatus.follow();
    await this.reconciler.refresh();
  }
}
