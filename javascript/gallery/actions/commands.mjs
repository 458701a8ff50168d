import { COMMANDS, fits } from '../lib/commands.mjs';
import { copyText } from '../browser/clipboard.mjs';
import { hostTargets, sendLabel, sendTo } from '../browser/host.mjs';

/** @typedef {import('../lib/commands.mjs').Command} Command */
/** @typedef {import('../lib/types.mjs').GenerationInfo} GenerationInfo */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */
/** @typedef {import('./subject.mjs').Subject} Subject */

/** Texts of more files than this are no use on a clipboard. */
const MOST_TEXTS = 1000;

/** Does what the table of commands names. */
export class Commanding {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
    /** @type {Record<string, (subject: Subject) => unknown>} */
    this.does = {
      compare: (subject) => gallery.set({ dialog: { kind: 'compare', items: subject.items.slice(0, 2) } }),
      showInFolder: ({ first }) => first && gallery.navigating.showInFolder(first.path),
      openFolder: ({ first }) => first && gallery.acting.openFolder(first),
      like: (subject) => gallery.marking.like(subject),
      tag: (subject) => gallery.set({ dialog: { kind: 'tag', subject } }),
      album: (subject) => gallery.set({ dialog: { kind: 'album', subject } }),
      rename: ({ first }) => first && gallery.set({ dialog: { kind: 'rename', item: first } }),
      move: (subject) => gallery.set({ dialog: { kind: 'folder', how: 'move', subject } }),
      copyTo: (subject) => gallery.set({ dialog: { kind: 'folder', how: 'copy', subject } }),
      organise: (subject) => gallery.organising.ask(subject),
      download: (subject) => gallery.acting.download(subject),
      copy: (subject) => this.copyTexts(subject, (info) => info.infotext || info.prompt),
      copyPrompt: (subject) => this.copyTexts(subject, (info) => info.prompt),
      copyPath: async (subject) => this.copy((await subject.paths()).join('\n')),
      editText: ({ first }) => first && gallery.info.edit(first),
      delete: (subject) => gallery.acting.askToRemove(subject),
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
  run(name, subject = this.gallery.acting.subject()) {
    const command = COMMANDS.find((row) => row.name === name);
    if (!command || !fits(command, subject.extent)) return undefined;
    return this.does[name](subject);
  }

  /** Programs of the host that a picture can be sent to; none where there is no host. */
  targets() {
    return hostTargets().map((id) => ({ id, label: sendLabel(this.gallery.words.t, id) }));
  }

  /**
   * @param {Subject} subject
   * @param {string} target
   */
  async send({ first }, target) {
    if (!first) return;
    const { key, values, detail } = await sendTo(first, target);
    this.gallery.toasts.tell(detail || this.gallery.words.t(key, values));
  }

  /**
   * @param {Subject} subject
   * @param {(info: GenerationInfo) => string} pick
   */
  async copyTexts(subject, pick) {
    const { t, formats } = this.gallery.words;
    if (subject.count > MOST_TEXTS) {
      this.gallery.toasts.tell(t('copy.tooMany', { number: formats.number(MOST_TEXTS) }));
      return;
    }
    const items = subject.all
      ? ((await subject.list?.itemsOf(new Set(await subject.paths()))) ?? [])
      : subject.items;
    await this.copy(await this.gallery.info.texts(items, pick));
  }

  /**
   * Copies a text and tells how it went.
   * @param {string} text
   * @returns {Promise<boolean>}
   */
  async copy(text) {
    const {
      toasts,
      words: { t },
    } = this.gallery;
    const copied = text !== '' && (await copyText(text));
    if (copied) toasts.tell(t('copy.done'));
    else toasts.tell(t(text === '' ? 'copy.nothing' : 'copy.refused'));
    return copied;
  }
}
