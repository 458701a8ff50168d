import { ApiError } from '../api/transport.mjs';
import { isWithin } from '../lib/paths.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Root} Root */

/** Counts are asked for again after a change of the index, no more often than this. */
const PAUSE_MS = 10_000;

/** The folders of the library: what is known of them, and what can be done with them. */
export class LibraryRoots {
  /**
   * @typedef {'api'|'indexStatus'|'jobs'|'navigation'|'refresh'|'retry'} Does
   * @param {Pick<Parts, Does|'store'|'toasts'|'words'>} parts
   */
  constructor({ api, indexStatus, jobs, navigation, refresh, retry, store, toasts, words }) {
    this.api = api;
    this.indexStatus = indexStatus;
    this.jobs = jobs;
    this.navigation = navigation;
    this.refresh = refresh;
    this.retry = retry;
    this.store = store;
    this.toasts = toasts;
    this.words = words;
    this.timer = 0;
    this.time = -Infinity;
  }

  /** Asks how many files each has, and whether it is connected. */
  async load() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.time = performance.now();
    try {
      this.store.set({ roots: await this.api.roots() });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // what is known stays
    }
  }

  /** The index has changed. */
  follow() {
    if (this.timer) return;
    const pause = Math.max(0, PAUSE_MS - (performance.now() - this.time));
    this.timer = Number(setTimeout(() => this.load(), pause));
  }

  /** Asks for a folder on the machine of the server. */
  askToAdd() {
    this.store.set({ dialog: { kind: 'addRoot' } });
  }

  /** @param {string} path */
  add(path) {
    return this.attempt(async () => {
      await this.api.addRoot(path, 'scan');
      await this.show();
    });
  }

  /** Adds the sample library, which the server draws first. */
  addSample() {
    return this.attempt(async () => {
      const { job_id: id } = await this.api.addSampleLibrary();
      if ((await this.jobs.track(id, this.words.t('roots.drawing'))) !== null) await this.show();
    });
  }

  /** Shows what has been added. */
  async show() {
    await this.retry();
    this.navigation.home();
  }

  /** Asks where the pictures are now. */
  askWhere() {
    this.store.set({ dialog: { kind: 'relocate' } });
  }

  /**
   * The pictures of one folder are in another one now, which belongs to the library from then on.
   * @param {string} old
   * @param {string} now
   */
  relocate(old, now) {
    const { t, formats } = this.words;
    return this.attempt(async () => {
      this.toasts.begin(t('relocate.busy'));
      const { files: count } = await this.api.relocate(old, now, false);
      const isRoot = (await this.api.roots()).some(({ path }) => isWithin(now, path));
      if (!isRoot) await this.api.addRoot(now, 'scan');
      this.toasts.show(t('relocate.done', { count, number: formats.number(count) }));
      await this.retry();
    });
  }

  /** @param {Root} root */
  askForName(root) {
    const { t } = this.words;
    const run = (/** @type {string} */ name) =>
      this.change(() => this.api.nameRoot(root.path, name), t('manage.renamed', { name }));
    const title = t('roots.rename');
    this.store.set({
      dialog: { kind: 'name', title, verb: t('action.rename'), name: root.name, run },
    });
  }

  /**
   * Pinned folders come first.
   * @param {Root} root
   */
  pin({ name, path, type }) {
    const isPinned = type === 'scan-fixed';
    const { t } = this.words;
    return this.change(
      async () => {
        await this.api.addRoot(path, isPinned ? 'scan' : 'scan-fixed');
        if (isPinned) await this.api.removeRoot(path, ['scan-fixed']);
      },
      t(isPinned ? 'roots.unpinned' : 'roots.pinned', { name }),
    );
  }

  /** @param {Root} root */
  askToRemove({ name, path }) {
    const { t } = this.words;
    const run = () =>
      this.change(
        async () => {
          await this.api.removeRoot(path, []);
          await this.retry();
        },
        t('roots.removed', { name }),
      );
    const [title, text] = [t('roots.sure', { name }), t('roots.sure.text')];
    this.store.set({ dialog: { kind: 'sure', title, text, action: t('roots.remove'), run } });
  }

  /** Looks on the disk for what is new. */
  update() {
    return this.refresh.ask();
  }

  /**
   * Reads all its files again; the index shows how far that is.
   * @param {Root} root
   */
  rebuild({ name, path }) {
    return this.attempt(async () => {
      await this.api.rebuildIndex(path);
      this.toasts.show(this.words.t('roots.rebuilding', { name }));
      await this.indexStatus.follow();
    });
  }

  /**
   * @param {() => Promise<unknown>} work
   * @param {string} text  says what was done
   */
  change(work, text) {
    return this.attempt(async () => {
      await work();
      this.toasts.show(text);
      await this.load();
      if (this.store.state.view === 'folders') await this.refresh.now();
    });
  }

  /** @param {() => Promise<unknown>} work */
  async attempt(work) {
    try {
      await work();
    } catch (error) {
      this.toasts.fail(error);
    }
  }
}
