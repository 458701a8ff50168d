import { ApiError } from '../api.mjs';
import { NOTHING } from '../lib/selection.mjs';

/** @typedef {import('../lib/types.mjs').TrashedFile} TrashedFile */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

/**
 * What one deletion put into the trash.
 * @typedef {{operation: string, time: number, expires: number, bytes: number, files: TrashedFile[]}} Deletion
 */

/** What was deleted and can come back. */
export class Trash {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
  }

  /** @param {import('../lib/types.mjs').Route} route */
  async visit(route) {
    const { gallery } = this;
    gallery.viewing.forget();
    gallery.clear();
    gallery.set({
      view: 'trash',
      folder: null,
      walk: false,
      topic: null,
      query: '',
      scope: null,
      refused: '',
      fresh: 0,
      selection: NOTHING,
      current: -1,
      info: null,
      infoFailed: false,
      text: '',
      trash: null,
    });
    await this.load(route);
  }

  /** @param {import('../lib/types.mjs').Route} [route] */
  async load(route = this.gallery.route) {
    const { gallery } = this;
    try {
      const { files } = await gallery.api.trash();
      if (gallery.route === route) gallery.set({ phase: 'ready', problem: null, trash: byDeletion(files) });
    } catch (error) {
      if (gallery.route === route) gallery.fail(error, null);
    }
  }

  /** @param {Deletion} deletion */
  restore(deletion) {
    return this.gallery.acting.takeBack(deletion.operation, deletion.files.length);
  }

  /**
   * Asks, then removes for good.
   * @param {Deletion|null} deletion  null: everything
   */
  askToEmpty(deletion) {
    const { gallery } = this;
    const { t, formats } = gallery.words;
    const count = (deletion ? [deletion] : (gallery.state.trash ?? [])).reduce(
      (sum, one) => sum + one.files.length,
      0,
    );
    gallery.set({
      dialog: {
        kind: 'sure',
        title: t('trash.sure', { count, number: formats.number(count) }),
        text: t('trash.noWayBack'),
        action: t('trash.remove'),
        run: () => this.empty(deletion),
      },
    });
  }

  /** @param {Deletion|null} deletion */
  async empty(deletion) {
    const { gallery } = this;
    const { t, formats } = gallery.words;
    gallery.toasts.begin(t('trash.removing'));
    try {
      const { removed, errors } = await gallery.api.emptyTrash(deletion ? [deletion.operation] : undefined);
      gallery.toasts.tell(t('trash.removed', { count: removed, number: formats.number(removed) }));
      if (errors.length) gallery.set({ dialog: { kind: 'problems', errors } });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      gallery.acting.fail(error);
    }
    await this.load();
  }
}

/**
 * @param {TrashedFile[]} files  what was deleted last first
 * @returns {Deletion[]}
 */
export function byDeletion(files) {
  /** @type {Map<string, Deletion>} */
  const found = new Map();
  for (const file of files) {
    const deletion = found.get(file.operation_id) ?? {
      operation: file.operation_id,
      time: file.time,
      expires: file.expires_time,
      bytes: 0,
      files: [],
    };
    deletion.files.push(file);
    deletion.bytes += file.bytes;
    found.set(file.operation_id, deletion);
  }
  return [...found.values()];
}
