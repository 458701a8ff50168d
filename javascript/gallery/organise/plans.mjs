import { ApiError } from '../api/transport.mjs';
import { readPref, writePref } from '../browser/prefs.mjs';
import { LIKENESS, patternOf, PATTERNS, readOptions } from '../lib/organise.mjs';
import { HOME } from '../lib/router.mjs';
import { TIME_ZONE } from '../lib/time-zone.mjs';
import { folderOf, isUnderWay, leaving, stageOf } from './plan-state.mjs';

/** @typedef {import('../lib/organise.mjs').Options} Options */
/** @typedef {import('../lib/types.mjs').OrganiseState} OrganiseState */
/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('../actions/subject.mjs').Subject} Subject */
/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../app/view.mjs').View} View */

/**
 * What is to be sorted: the files of folders, files alone, or both.
 * @typedef {{folders: string[], subject: Subject|null, dest: string, name: string}} Matter  name: of the one
 *   folder that it is about, else ''
 *
 * What the page of a plan shows; ``after``: what can be done about it once it was carried out.
 * @typedef {{job: string, told: OrganiseState|null, after: 'undoable'|'undone'|'', error: string}} Plan
 */

const POLL_MS = 400;
const PREF = 'organise';
/** @type {(value: unknown) => value is object} */
const isObject = (value) => typeof value === 'object' && value !== null;

/**
 * Plans that sort files into folders: asked for, made, looked at, carried out, undone. A plan lives in the
 * server; its address leads to it.
 * @implements {View}
 */
export class OrganisePlans {
  /**
   * @param {Pick<Parts,
   *   'api'|'display'|'fileOperations'|'jobs'|'navigation'|'reconciler'|'selection'|'store'|'subjects'
   *   |'toasts'|'undo'|'words'>} parts
   */
  constructor({
    api,
    display,
    fileOperations,
    jobs,
    navigation,
    reconciler,
    selection,
    store,
    subjects,
    toasts,
    undo,
    words,
  }) {
    this.api = api;
    this.display = display;
    this.fileOperations = fileOperations;
    this.jobs = jobs;
    this.navigation = navigation;
    this.reconciler = reconciler;
    this.selection = selection;
    this.store = store;
    this.subjects = subjects;
    this.toasts = toasts;
    this.undoStack = undo;
    this.words = words;
    this.isGrid = false;
    this.hasFiles = false;
    /** Plans that are followed now. @type {Set<string>} */
    this.followed = new Set();
    /** What the last plan of this visit was made of. @type {Matter|null} */
    this.matter = null;
  }

  /** @returns {Options} */
  get options() {
    return readOptions(readPref(PREF, {}, isObject));
  }

  /**
   * Asks how these files, and the files of these folders, are to be sorted.
   * @param {Subject} subject
   */
  ask(subject) {
    const { first } = subject;
    if (!first && !subject.all) return;
    const folders = subject.items.filter((item) => item.kind === 'dir').map((item) => item.path);
    const files = subject.items.filter((item) => item.kind !== 'dir');
    if (folders.length && !files.length) this.askForFolders(folders);
    else {
      this.open({
        folders,
        subject: folders.length ? this.subjects.of(files) : subject,
        dest: this.store.state.folder ?? (first ? folderOf(first.path) : this.home),
        name: '',
      });
    }
  }

  /** @param {string[]} folders */
  askForFolders(folders) {
    this.open({
      folders,
      subject: null,
      dest: folders[0],
      name: folders.length === 1 ? folders[0] : '',
    });
  }

  /** All that belongs to the library. */
  askForLibrary() {
    this.open({
      folders: this.store.state.roots.filter((root) => root.online).map((root) => root.path),
      subject: null,
      dest: this.home,
      name: '',
    });
  }

  /** Asks again, about the same files. */
  askAgain() {
    if (this.matter) this.open(this.matter);
    else this.askForLibrary();
  }

  get home() {
    return this.store.state.roots.find((root) => root.online)?.path ?? '';
  }

  /** @param {Matter} matter */
  open(matter) {
    this.store.set({ dialog: { kind: 'organise', matter } });
  }

  /**
   * Lets the server make a plan, and goes where it will be seen.
   * @param {Matter} matter
   * @param {Options} options
   * @returns {Promise<string>}  why that is not possible; '' where it is
   */
  async start(matter, options) {
    const { t } = this.words;
    try {
      const about = {
        ...(await matter.subject?.about()),
        ...(matter.folders.length > 0 && { folder_paths: matter.folders, recursive: options.deep }),
      };
      const { job_id: job } = await this.api.planFolders({
        ...about,
        dest_folder: matter.dest,
        by: options.by,
        pattern: patternOf(options),
        tz: TIME_ZONE,
        threshold: LIKENESS[options.likeness].threshold,
        min_cluster_size: options.smallest,
        folder_naming: options.naming,
        action: options.action,
        handle_noise: options.rest,
        noise_folder_name: options.restName || t('organise.unsorted'),
        lang: document.documentElement.lang,
      });
      this.matter = matter;
      const patterns = Object.fromEntries(
        Object.entries(options.patterns).filter(
          ([by, text]) => text !== PATTERNS[/** @type {keyof PATTERNS} */ (by)],
        ),
      );
      writePref(PREF, { ...options, patterns });
      this.selection.clear();
      this.navigation.go({ ...HOME, view: 'organise', job });
      return '';
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return error.message || t('problem.unreachable.title');
    }
  }

  /**
   * @param {Route} route
   * @param {import('../browser/address.mjs').Place} _place
   * @param {import('../app/view.mjs').Step} step
   */
  async visit(route, _place, step) {
    if (step !== 'moved') return;
    const job = route.job ?? '';
    this.display.reset(route, { media: 'all', plan: { job, told: null, after: '', error: '' } });
    this.display.clear();
    const told = await this.look(job);
    if (this.display.route === route) this.store.set({ phase: 'ready', problem: null });
    if (told && isUnderWay(told)) await this.follow(job);
  }

  /** It shows no list. @returns {null} */
  get list() {
    return null;
  }

  leave() {}

  async refresh() {
    const { plan } = this.store.state;
    if (plan) await this.look(plan.job);
  }

  async changed() {
    return this.store.state.phase === 'ready';
  }

  /** @param {import('../app/view.mjs').Words} words */
  way({ t }) {
    return { home: null, crumbs: [{ name: t('view.organise'), path: '', href: '' }] };
  }

  summary() {
    return [];
  }

  /**
   * Asks for all of a plan, and shows it where it is the one that is looked at.
   * @param {string} job
   * @returns {Promise<OrganiseState|null>}
   */
  async look(job) {
    const { api } = this;
    try {
      const told = await api.folderPlan(job, false);
      const operation = told.result?.operation_id;
      const done = operation ? (await api.operations()).find((one) => one.id === operation) : null;
      this.put(job, {
        told,
        after: done?.undoable ? 'undoable' : done?.state === 'undone' ? 'undone' : '',
        error: '',
      });
      return told;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.put(job, {
        told: null,
        after: '',
        error: error.message || this.words.t('problem.unreachable.title'),
      });
      return null;
    }
  }

  /**
   * @param {string} job
   * @param {Partial<import('./plans.mjs').Plan>} change
   */
  put(job, change) {
    const { plan } = this.store.state;
    if (plan?.job === job) this.store.set({ plan: { ...plan, ...change } });
  }

  /**
   * Follows what goes on until it is over, wherever the user is meanwhile, and tells how it ended.
   * @param {string} job
   */
  async follow(job) {
    if (this.followed.has(job)) return;
    this.followed.add(job);
    try {
      let told = await this.api.folderPlan(job, true);
      while (isUnderWay(told)) {
        const { plan, jobs } = this.store.state;
        this.put(job, { told: { ...told, preview: plan?.told?.preview ?? null } });
        const isEnding = jobs.some((one) => one.id === job && one.isEnding);
        this.jobs.put({
          id: job,
          text: stageOf(told, this.words),
          part: told.progress,
          message: told.message,
          isEnding,
          cancel: () => this.api.cancelPlan(job),
        });
        await new Promise((resolve) => {
          setTimeout(resolve, POLL_MS);
        });
        told = await this.api.folderPlan(job, true);
      }
      const whole = await this.look(job);
      if (whole) this.tell(whole);
    } catch (error) {
      this.toasts.fail(error);
    } finally {
      this.followed.delete(job);
      this.jobs.remove(job);
    }
  }

  /** @param {OrganiseState} told */
  tell({ job_id: job, status, result, preview, error }) {
    const { t, formats } = this.words;
    const isSeen = this.store.state.view === 'organise' && this.store.state.plan?.job === job;
    if (result) {
      const count = result.moved_count;
      const text = t(preview?.action === 'copy' ? 'organise.copied' : 'organise.moved', {
        count,
        number: formats.number(count),
      });
      if (result.operation_id && count)
        this.undoStack.offer(text, result.operation_id, () =>
          this.undo(job, result.operation_id, count),
        );
      else this.toasts.show(text);
      if (result.errors.length)
        this.store.set({ dialog: { kind: 'problems', errors: result.errors } });
      this.reconciler.refresh();
    } else if ((status === 'preview_ready' || status === 'failed') && !isSeen) {
      const show = {
        label: t('organise.show'),
        run: () => this.navigation.go({ ...HOME, view: 'organise', job }),
      };
      this.toasts.show(status === 'failed' ? error : t('organise.ready'), show);
    }
  }

  /**
   * Carries the plan out that is looked at.
   * @param {string} job
   * @param {{folder_edits: {cluster_id: string, new_folder_name: string}[], skip_cluster_ids: string[]}}
   *   answer
   */
  async carryOut(job, answer) {
    const { plan } = this.store.state;
    const paths =
      plan?.job === job && plan.told?.preview
        ? leaving(plan.told.preview, answer.skip_cluster_ids)
        : new Set();
    const back = this.reconciler.away((path) => paths.has(path));
    try {
      await this.api.carryOut(job, answer);
      await this.follow(job);
      await this.look(job);
    } catch (error) {
      this.toasts.fail(error);
    } finally {
      this.reconciler
        .refresh()
        .catch((error) => this.toasts.fail(error))
        .finally(back);
    }
  }

  /**
   * Ends what is under way, or drops a plan.
   * @param {string} job
   */
  async cancel(job) {
    const running = this.jobs.find(job);
    if (running) {
      await this.jobs.end(running);
      return;
    }
    try {
      await this.api.cancelPlan(job);
    } catch (error) {
      this.toasts.fail(error);
    }
    await this.look(job);
  }

  /**
   * @param {string} job
   * @param {string} operation
   * @param {number} count
   */
  async undo(job, operation, count) {
    await this.fileOperations.undo(operation, count);
    await this.look(job);
  }
}
