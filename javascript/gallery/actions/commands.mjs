import { copyText } from '../browser/clipboard.mjs';
import { hostTargets, sendLabel, sendTo } from '../browser/host.mjs';
import { COMMANDS, fits } from '../lib/commands.mjs';
import { openStack } from '../lib/query.mjs';

/** @typedef {import('../lib/commands.mjs').Command} Command */
/** @typedef {import('../lib/types.mjs').GenerationInfo} GenerationInfo */
/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('./subject.mjs').Subject} Subject */

/** Texts of more files than this are no use on a clipboard. */
const MOST_TEXTS = 1000;

/** Does what the table of commands names. */
export class Commands {
  /**
   * @typedef {'duplicates'|'fileOperations'|'info'|'marks'|'navigation'|'plans'|'saved'|'similar'} Does
   * @param {Pick<Parts, Does|'api'|'store'|'subjects'|'toasts'|'undo'|'words'>} parts
   */
  constructor({
    api,
    duplicates,
    fileOperations,
    info,
    marks,
    navigation,
    plans,
    saved,
    similar,
    store,
    subjects,
    toasts,
    undo,
    words,
  }) {
    this.api = api;
    this.undo = undo;
    this.duplicates = duplicates;
    this.fileOperations = fileOperations;
    this.info = info;
    this.marks = marks;
    this.navigation = navigation;
    this.plans = plans;
    this.saved = saved;
    this.similar = similar;
    this.store = store;
    this.subjects = subjects;
    this.toasts = toasts;
    this.words = words;
    /** @type {Record<string, (subject: Subject) => unknown>} */
    this.does = {
      similar: ({ first }) => first && this.similar.go(first.path),
      compare: (subject) =>
        this.store.set({ dialog: { kind: 'compare', items: subject.items.slice(0, 2) } }),
      showInFolder: ({ first }) => first && this.navigation.showInFolder(first.path),
      openFolder: ({ first }) => first && this.fileOperations.openFolder(first),
      pinFolder: ({ first }) => first && this.saved.pin(first.path),
      like: (subject) => this.marks.like(subject),
      tag: (subject) => this.store.set({ dialog: { kind: 'tag', subject } }),
      album: (subject) => this.store.set({ dialog: { kind: 'album', subject } }),
      rename: ({ first }) => first && this.store.set({ dialog: { kind: 'rename', item: first } }),
      move: (subject) => this.store.set({ dialog: { kind: 'folder', how: 'move', subject } }),
      copyTo: (subject) => this.store.set({ dialog: { kind: 'folder', how: 'copy', subject } }),
      stackCover: (subject) => this.chooseCover(subject),
      organise: (subject) => this.plans.ask(subject),
      duplicates: (subject) => this.duplicates.ask(subject),
      download: (subject) => this.fileOperations.download(subject),
      copy: (subject) => this.copyTexts(subject, (info) => info.infotext || info.prompt),
      copyPrompt: (subject) => this.copyTexts(subject, (info) => info.prompt),
      copyPath: async (subject) => this.copy((await subject.paths()).join('\n')),
      editText: ({ first }) => first && this.info.edit(first),
      delete: (subject) => this.fileOperations.askToRemove(subject),
    };
  }

  /**
   * What can be done here, in the table's order.
   * @param {Subject} subject
   */
  fitting(subject) {
    const { extent } = subject;
    return COMMANDS.filter((command) => fits(command, extent));
  }

  /**
   * @param {string} name
   * @param {Subject} [subject]
   */
  run(name, subject = this.subjects.current()) {
    const command = COMMANDS.find((row) => row.name === name);
    if (!command || !fits(command, subject.extent)) return undefined;
    return subject.isFolded ? this.runOnWhole(name, subject) : this.does[name](subject);
  }

  /**
   * What is done with a stack is done with each of its files.
   * @param {string} name
   * @param {Subject} subject
   */
  async runOnWhole(name, subject) {
    try {
      await this.does[name](await subject.whole());
    } catch (error) {
      this.toasts.fail(error);
    }
  }

  /**
   * Makes a file the cover of the stack that is open.
   * @param {Subject} subject
   */
  async chooseCover({ first }) {
    const kind = openStack(this.store.state.query);
    if (!first || !kind) return;
    const choose = async (/** @type {boolean} */ chosen) => {
      try {
        await this.api.chooseStackCover(first.path, kind, chosen);
        const text = this.words.t('stack.cover.done', { name: first.name });
        if (chosen) this.undo.offer(text, `cover ${first.path}`, () => choose(false));
        else this.toasts.clear();
      } catch (error) {
        this.toasts.fail(error);
      }
    };
    await choose(true);
  }

  /** Programs of the host that a picture can be sent to; none where there is no host. */
  targets() {
    return hostTargets().map((id) => ({ id, label: sendLabel(this.words.t, id) }));
  }

  /**
   * @param {Subject} subject
   * @param {string} target
   */
  async send({ first }, target) {
    if (!first) return;
    const { key, values, detail } = await sendTo(first, target);
    this.toasts.show(detail || this.words.t(key, values));
  }

  /**
   * @param {Subject} subject
   * @param {(info: GenerationInfo) => string} pick
   */
  async copyTexts(subject, pick) {
    const { t, formats } = this.words;
    if (subject.count > MOST_TEXTS) {
      this.toasts.show(t('copy.tooMany', { number: formats.number(MOST_TEXTS) }));
      return;
    }
    await this.copy(await this.info.texts(await subject.files(), pick));
  }

  /**
   * Copies a text and says whether that worked.
   * @param {string} text
   * @returns {Promise<boolean>}
   */
  async copy(text) {
    const { t } = this.words;
    const copied = text !== '' && (await copyText(text));
    if (copied) this.toasts.show(t('copy.done'));
    else this.toasts.show(t(text === '' ? 'copy.nothing' : 'copy.refused'));
    return copied;
  }
}
