/** @typedef {import('../lib/types.mjs').TrashedFile} TrashedFile */
/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../app/view.mjs').View} View */

/**
 * What one deletion put into the trash.
 * @typedef {Object} Deletion
 * @property {string} operation
 * @property {number} time
 * @property {number} expires
 * @property {number} bytes
 * @property {TrashedFile[]} files
 */

/**
 * What was deleted and can be restored.
 * @implements {View}
 */
export class Trash {
  /** @param {Pick<Parts, 'api'|'display'|'fileOperations'|'store'|'toasts'|'words'>} parts */
  constructor({ api, display, fileOperations, store, toasts, words }) {
    this.api = api;
    this.display = display;
    this.fileOperations = fileOperations;
    this.store = store;
    this.toasts = toasts;
    this.words = words;
    this.isGrid = false;
    this.hasFiles = false;
  }

  /**
   * @param {import('../lib/types.mjs').Route} route
   * @param {import('../browser/address.mjs').Place} _place
   * @param {import('../app/view.mjs').Step} step
   */
  async visit(route, _place, step) {
    if (step !== 'moved') return;
    this.display.reset(route, { media: 'all', trash: null });
    this.display.clear();
    await this.load(route);
  }

  /** It shows no list. @returns {null} */
  get list() {
    return null;
  }

  leave() {}

  async refresh() {
    await this.load();
  }

  async changed() {
    await this.load();
    return false;
  }

  /** @param {import('../app/view.mjs').Words} words */
  way({ t }) {
    return { home: null, crumbs: [{ name: t('view.trash'), path: '', href: '' }] };
  }

  summary() {
    return [];
  }

  /** @param {import('../lib/types.mjs').Route} [route] */
  async load(route = this.display.route) {
    try {
      const { files } = await this.api.trash();
      if (this.display.route !== route) return;
      this.store.set({ phase: 'ready', problem: null, trash: byDeletion(files) });
    } catch (error) {
      if (this.display.route === route) this.display.fail(error, null);
    }
  }

  /** @param {Deletion} deletion */
  restore(deletion) {
    return this.fileOperations.undo(deletion.operation, deletion.files.length);
  }

  /**
   * Asks, then deletes permanently.
   * @param {Deletion|null} deletion  null: everything
   */
  askToEmpty(deletion) {
    const { t, formats } = this.words;
    const deletions = deletion ? [deletion] : (this.store.state.trash ?? []);
    const count = deletions.reduce((sum, one) => sum + one.files.length, 0);
    this.store.set({
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
  empty(deletion) {
    return this.removeBy(() => this.api.emptyTrash(deletion ? [deletion.operation] : undefined));
  }

  /** @param {TrashedFile} file */
  async restoreFile({ trash_path: path }) {
    const { t, formats } = this.words;
    try {
      const { restored } = await this.api.restoreTrashed(path);
      const counted = { count: restored.length, number: formats.number(restored.length) };
      this.toasts.show(t('trash.restored', counted));
    } catch (error) {
      this.toasts.fail(error);
    }
    if (this.display.view === this) await this.load();
  }

  /**
   * Asks, then deletes one file permanently.
   * @param {TrashedFile} file
   */
  askToRemove({ trash_path: path }) {
    const { t } = this.words;
    const run = () => this.removeBy(() => this.api.removeTrashed(path));
    const title = t('trash.sure', { count: 1, number: 1 });
    this.store.set({
      dialog: { kind: 'sure', title, text: t('trash.noWayBack'), action: t('trash.remove'), run },
    });
  }

  /** @param {() => ReturnType<Parts['api']['emptyTrash']>} ask */
  async removeBy(ask) {
    const { t, formats } = this.words;
    this.toasts.begin(t('trash.removing'));
    try {
      const { removed, errors } = await ask();
      this.toasts.show(t('trash.removed', { count: removed, number: formats.number(removed) }));
      if (errors.length) this.store.set({ dialog: { kind: 'problems', errors } });
    } catch (error) {
      this.toasts.fail(error);
    }
    if (this.display.view === this) await this.load();
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
