import { canCopyPicture, copyPicture, copyText } from '../browser/clipboard.mjs';
import { hostTargets, sendLabel, sendTo } from '../browser/host.mjs';
import { canShare } from '../browser/share.mjs';
import { COMMANDS, MOST_BESIDE, fits, getCommand, whyNot } from '../lib/commands.mjs';
import { isDecodable } from '../lib/media.mjs';
import { initImageOf } from '../lib/parameters.mjs';
import { fieldTerm, openStack } from '../lib/query.mjs';

/** @typedef {import('../lib/commands.mjs').Command} Command */
/** @typedef {import('../lib/types.mjs').GenerationInfo} GenerationInfo */
/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('./subject.mjs').Subject} Subject */

/** Texts of more files than this are no use on a clipboard. */
const MOST_TEXTS = 1000;
/** The tab of the host that pictures are made in, and the words for what it can do with one. */
const TXT2IMG = 'txt2img';
/** The edge of what stands for a file that no browser draws. */
const DRAWN_PX = 1024;

/** What not every browser can do. @type {Record<string, () => boolean>} */
const NEEDS = { copyImage: canCopyPicture, share: canShare };

/** What the key of a command for one file does with several. @type {Record<string, string>} */
const OF_MANY = { rename: 'renameMany' };

/** Does what the table of commands names. */
export class Commands {
  /**
   * @typedef {'duplicates'|'fileOperations'|'info'|'marks'|'navigation'|'plans'|'saved'|'similar'} Does
   * @param {Pick<Parts, Does|'api'|'search'|'store'|'subjects'|'toasts'|'undo'|'words'>} parts
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
    search,
    similar,
    store,
    subjects,
    toasts,
    undo,
    words,
  }) {
    this.api = api;
    this.undo = undo;
    this.search = search;
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
        this.store.set({ dialog: { kind: 'compare', items: subject.items.slice(0, MOST_BESIDE) } }),
      showInFolder: ({ first }) => first && this.navigation.showInFolder(first.path),
      openFolder: ({ first }) => first && this.fileOperations.openFolder(first),
      pinFolder: ({ first }) => first && this.saved.pin(first.path),
      initImage: (subject) => this.showInitImage(subject),
      sameSeed: (subject) => this.searchSame(subject, ({ seed }) => fieldOf('seed', seed)),
      samePrompt: (subject) => this.searchSame(subject, ({ prompt }) => fieldOf('prompt', prompt)),
      sameModel: (subject) => this.searchSame(subject, ({ model }) => fieldOf('model', model)),
      like: (subject) => this.marks.like(subject),
      tag: (subject) => this.store.set({ dialog: { kind: 'tag', subject } }),
      album: (subject) => this.store.set({ dialog: { kind: 'album', subject } }),
      editMarks: (subject) => this.store.set({ dialog: { kind: 'marks', subject } }),
      rename: ({ first }) => first && this.store.set({ dialog: { kind: 'rename', item: first } }),
      renameMany: (subject) => this.store.set({ dialog: { kind: 'renameMany', subject } }),
      move: (subject) => this.store.set({ dialog: { kind: 'folder', how: 'move', subject } }),
      copyTo: (subject) => this.store.set({ dialog: { kind: 'folder', how: 'copy', subject } }),
      stackCover: (subject) => this.chooseCover(subject),
      organise: (subject) => this.plans.ask(subject),
      duplicates: (subject) => this.duplicates.ask(subject),
      download: (subject) => this.fileOperations.download(subject),
      downloadClean: (subject) => this.fileOperations.download(subject, true),
      share: (subject) => this.fileOperations.share(subject),
      copyImage: (subject) => this.copyImage(subject),
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
    return COMMANDS.filter((command) => isPossible(command) && fits(command, extent));
  }

  /**
   * @param {string} name
   * @param {Subject} [subject]
   */
  run(name, subject = this.subjects.current()) {
    const command = find(name, subject) ?? find(OF_MANY[name], subject);
    if (!command) {
      const why = whyNot(getCommand(name), subject.extent);
      return why && this.toasts.show(this.words.t(why, { most: MOST_BESIDE }));
    }
    const { name: chosen } = command;
    return subject.isFolded ? this.runOnWhole(chosen, subject) : this.does[chosen](subject);
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
    if (first) this.tellSent(await sendTo(first, target));
  }

  /** @param {import('../browser/host.mjs').Told} told */
  tellSent({ key, values, detail }) {
    this.toasts.show(detail || this.words.t(key, values));
  }

  /** Whether there is a host that can make pictures. */
  get canGenerate() {
    return hostTargets().includes(TXT2IMG);
  }

  /**
   * Has the host make a picture as this one was made.
   * @param {Subject} subject
   */
  async generate({ first }) {
    if (first && this.canGenerate) this.tellSent(await sendTo(first, TXT2IMG, true));
  }

  /**
   * Searches for files that have something in common with one.
   * @param {Subject} subject
   * @param {(info: GenerationInfo) => string} termOf
   */
  async searchSame({ first }, termOf) {
    const info = first && (await this.infoOf(first));
    const term = info ? termOf(info) : '';
    if (term) this.search.go(term);
    else this.toasts.show(this.words.t('same.nothing'));
  }

  /**
   * Shows the picture that a picture was made from, where the library has it.
   * @param {Subject} subject
   */
  async showInitImage({ first }) {
    const info = first && (await this.infoOf(first));
    const name = info ? initImageOf(info) : '';
    const { t } = this.words;
    if (!name) {
      this.toasts.show(t('initImage.none'));
      return;
    }
    try {
      const query = fieldTerm('name', name);
      const { total } = await this.api.countFiles({ query, folder: null });
      if (total) this.search.go(query);
      else this.toasts.show(t('initImage.missing', { name }));
    } catch (error) {
      this.toasts.fail(error);
    }
  }

  /**
   * How a file was made; null where that is not known.
   * @param {import('../lib/types.mjs').Item} item
   */
  async infoOf(item) {
    try {
      return (await this.info.cache.load([item]))[0];
    } catch (error) {
      this.toasts.fail(error);
      return null;
    }
  }

  /** @param {Subject} subject */
  async copyImage({ first }) {
    if (!first) return;
    const { date, kind, name, path } = first;
    const isDrawn = kind === 'image' && isDecodable(name);
    const url = isDrawn ? this.api.file(path, date) : this.api.thumbnail(path, date, DRAWN_PX);
    this.toasts.show(this.words.t((await copyPicture(url)) ? 'copy.done' : 'copy.refused'));
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

/**
 * The command of this name, where it can be done with these files.
 * @param {string|undefined} name
 * @param {Subject} subject
 */
function find(name, { extent }) {
  return COMMANDS.find((row) => row.name === name && isPossible(row) && fits(row, extent));
}

/** @param {Command} command */
function isPossible({ name }) {
  return NEEDS[name]?.() ?? true;
}

/**
 * @param {string} field
 * @param {string|number|bigint|null} value
 */
function fieldOf(field, value) {
  return value === null || value === '' ? '' : fieldTerm(field, String(value));
}
