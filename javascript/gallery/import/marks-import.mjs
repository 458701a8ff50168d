import { ApiError } from '../api.mjs';
import { readPref, writePref } from '../browser/prefs.mjs';

/** @typedef {import('../lib/types.mjs').Brought} Brought */
/** @typedef {import('../lib/types.mjs').Offer} Offer */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

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

/** What another program knows of the same pictures: offered once, and brought over. */
export class Importing {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
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
      this.gallery.state.readOnly ||
      Date.now() - readPref(LOOKED, 0, isTime) < LOOK_AGAIN_MS
    )
      return;
    this.isAsked = true;
    setTimeout(() => this.offer(), LATER_MS);
  }

  /** Shows what there is to bring over and was not answered yet. */
  async offer() {
    const found = await this.find();
    const offers = found?.filter((offer) => !this.answered.includes(offer.path)) ?? [];
    if (found && !offers.length) writePref(LOOKED, Date.now());
    this.gallery.set({ offer: offers[0] ?? null });
  }

  /**
   * Databases that the server finds, as far as there is anything in them.
   * @returns {Promise<Offer[]|null>}  null: it could not be asked
   */
  async find() {
    try {
      return (await this.gallery.api.importable()).filter(
        ({ tags, tagged, folders }) => tags || tagged || folders,
      );
    } catch (error) {
      if (error instanceof ApiError) return null; // it is an offer, and no reason to complain
      throw error;
    }
  }

  /** Not now. */
  rest() {
    this.gallery.set({ offer: null });
  }

  /**
   * This database is not offered again.
   * @param {string} path
   */
  async answer(path) {
    this.answered = [...new Set([...this.answered, path])];
    writePref(ANSWERED, this.answered);
    this.gallery.set({ offer: null });
    try {
      await this.gallery.api.saveSetting(ANSWERED, this.answered);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // this browser keeps it
    }
  }

  /**
   * Brings over what a file on the server's machine holds.
   * @param {string} path
   * @returns {Promise<string>}  why that is not possible; '' where it goes on by itself
   */
  async start(path) {
    const { gallery } = this;
    const { t } = gallery.words;
    try {
      const { job_id: id } = await gallery.api.importMarks(path);
      gallery.set({ offer: null });
      this.follow(id, path);
      return '';
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return error.message || t('problem.unreachable.title');
    }
  }

  /**
   * @param {string} id
   * @param {string} path
   */
  async follow(id, path) {
    const { gallery } = this;
    const { t } = gallery.words;
    gallery.jobs.put({ id, text: t('import.busy'), part: null, isEnding: false });
    try {
      const brought = /** @type {Brought|null} */ (await gallery.jobs.follow(id));
      if (brought) await this.answer(path);
      gallery.toasts.tell(brought ? this.told(brought) : t('import.ended'));
      if (brought?.errors.length) {
        gallery.set({
          dialog: {
            kind: 'problems',
            title: t('import.problems'),
            errors: brought.errors.map((error) => ({ path, error })),
          },
        });
      }
      await this.takeIn();
    } catch (error) {
      gallery.acting.fail(error, () => this.retry(path));
    } finally {
      gallery.set({ jobs: gallery.state.jobs.filter((job) => job.id !== id) });
    }
  }

  /** @param {string} path */
  async retry(path) {
    const refused = await this.start(path);
    if (refused) this.gallery.toasts.tell(refused);
  }

  /**
   * What came in, in words.
   * @param {Brought} brought
   */
  told({ tags, files, waiting, folders }) {
    const { t, formats } = this.gallery.words;
    const number = (/** @type {number} */ count) => ({ count, number: formats.number(count) });
    const words = [
      t('import.done', { tags: t('import.tags', number(tags)), files: t('import.files', number(files)) }),
    ];
    if (folders.length) words.push(t('import.folders', number(folders.length)));
    if (waiting) words.push(t('import.waiting', number(waiting)));
    return words.join(' ');
  }

  /** Shows what is there now: folders, tags, stars. */
  async takeIn() {
    const { gallery } = this;
    const { roots } = await gallery.api.settings();
    gallery.marking.known.clear();
    gallery.set({ roots, turn: gallery.state.turn + 1 });
    gallery.marking.want(gallery.grid?.near() ?? []);
    await gallery.indexing.follow();
    await gallery.changing.refresh();
  }
}
