import { fieldTerm } from '../lib/query.mjs';
import { TIME_ZONE } from '../lib/time-zone.mjs';
import { change } from './changing.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').AlbumInfo} AlbumInfo */

/** Files of an album that can be put in order by hand. */
const MOST = 500;

/** What can be done with an album. */
export class AlbumActions {
  /** @param {Pick<Parts, 'api'|'marks'|'page'|'store'|'toasts'|'undo'|'words'>} parts */
  constructor({ api, marks, page, store, toasts, undo, words }) {
    this.api = api;
    this.store = store;
    this.undo = undo;
    this.words = words;
    this.needs = { marks, page, toasts };
    this.renamed = 0;
  }

  askForNew() {
    const { t } = this.words;
    const make = (/** @type {string} */ name) => change(this.needs, () => this.api.addAlbum(name));
    this.store.set({
      dialog: { kind: 'name', title: t('album.new'), verb: t('dialog.make'), name: '', run: make },
    });
  }

  /** @param {AlbumInfo} album */
  askForName(album) {
    const { t } = this.words;
    const title = t('album.rename');
    const rename = (/** @type {string} */ name) => this.rename(album, name);
    this.store.set({
      dialog: { kind: 'name', title, verb: t('action.rename'), name: album.name, run: rename },
    });
  }

  /**
   * @param {AlbumInfo} album
   * @param {string} name
   */
  rename({ id, name: before }, name) {
    return change(this.needs, async () => {
      await this.api.renameAlbum(id, name);
      this.renamed += 1;
      const back = () => change(this.needs, () => this.api.renameAlbum(id, before));
      this.undo.offer(this.words.t('manage.renamed', { name }), `album name ${this.renamed}`, back);
    });
  }

  /** @param {AlbumInfo} album */
  askToDelete({ id, name }) {
    const { t } = this.words;
    const run = () => this.remove(id, name);
    const title = t('album.sure', { name });
    this.store.set({
      dialog: {
        kind: 'sure',
        title,
        text: t('album.sure.text'),
        action: t('album.delete'),
        isUndoable: true,
        run,
      },
    });
  }

  /**
   * @param {number} id
   * @param {string} name
   */
  remove(id, name) {
    return change(this.needs, async () => {
      const { change_id: removal } = await this.api.removeAlbum(id);
      const back = () => change(this.needs, () => this.api.undoMarks(removal));
      this.undo.offer(this.words.t('album.deleted', { name }), `marks ${removal}`, back);
    });
  }

  /** @param {AlbumInfo} album */
  order(album) {
    this.store.set({ dialog: { kind: 'albumOrder', album } });
  }

  /**
   * The first files of an album, in its order.
   * @param {AlbumInfo} album
   * @returns {Promise<string[]>}
   */
  async files({ name }) {
    const { first } = await this.api.timeline({
      query: fieldTerm('album', name),
      folder_paths: [],
      media_type: 'all',
      sort: 'album',
      order: 'asc',
      seed: 0,
      tz: TIME_ZONE,
      first: MOST,
    });
    return (first?.path ?? []).filter((path) => path !== null);
  }

  /**
   * Puts a file behind another one of the album, or first.
   * @param {AlbumInfo} album
   * @param {string} path
   * @param {string|null} after
   */
  place({ id }, path, after) {
    return change(this.needs, () => this.api.reorderAlbum(id, path, after));
  }
}
