import { readPref, writePref } from '../browser/prefs.mjs';
import { reload } from '../browser/reload.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */

const LANGUAGE = 'language';

/** Changes settings: those of this browser at once, those of the server by asking it. */
export class SettingsActions {
  /** @param {Pick<Parts, 'api'|'blur'|'indexStatus'|'page'|'store'|'toasts'|'viewer'|'words'>} parts */
  constructor({ api, blur, indexStatus, page, store, toasts, viewer, words }) {
    this.api = api;
    this.blurred = blur;
    this.indexStatus = indexStatus;
    this.page = page;
    this.store = store;
    this.toasts = toasts;
    this.viewer = viewer;
    this.words = words;
  }

  /** The language that was chosen here; '' for that of the browser. */
  get language() {
    return readPref(LANGUAGE, '', (value) => typeof value === 'string');
  }

  /** @param {string} language */
  speak(language) {
    writePref(LANGUAGE, language);
    reload();
  }

  /**
   * Something that is on or off in this browser.
   * @param {'labels'|'confirmsDelete'|'goOn'} name
   * @param {boolean} isOn
   */
  turn(name, isOn) {
    writePref(name, isOn);
    this.store.set({ [name]: isOn });
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  change(name, value) {
    return this.attempt(async () => {
      await this.api.changeSettings({ [name]: value });
      if (name === 'delete_mode')
        this.store.set({ deleteMode: /** @type {'trash'|'system'|'permanent'} */ (value) });
    });
  }

  /**
   * @param {string} name  of a setting of language models
   * @param {string} value
   */
  changeAI(name, value) {
    return this.attempt(() => this.api.changeAISettings({ [name]: value }));
  }

  /** @param {string[]} terms  what they find is shown blurred */
  blur(terms) {
    return this.attempt(async () => {
      await this.api.saveTerms(terms);
      this.blurred.setTerms(terms);
    });
  }

  /** Asks the service for something small. */
  async test() {
    const { t } = this.words;
    this.toasts.begin(t('settings.testing'));
    try {
      const { model } = await this.api.testAI();
      this.toasts.show(t('settings.tested', { model }));
    } catch (error) {
      this.toasts.fail(error);
    }
  }

  async clearCache() {
    const { t, formats } = this.words;
    await this.attempt(async () => {
      const { bytes } = await this.api.clearCache();
      return t('settings.cleared', { size: formats.bytes(bytes) });
    });
  }

  /** Reads every file again; the index shows how far that is. */
  async rebuild() {
    await this.attempt(async () => {
      await this.api.rebuildIndex('');
      await this.indexStatus.follow();
      return this.words.t('settings.rebuilding');
    });
  }

  /**
   * Says that a change is made, or why not, and shows what holds now.
   * @param {() => Promise<unknown>} work  returns what is said where that is more than "Saved"
   */
  async attempt(work) {
    try {
      const text = await work();
      this.toasts.show(typeof text === 'string' ? text : this.words.t('settings.saved'));
    } catch (error) {
      this.toasts.fail(error);
    }
    await this.page.refresh();
  }
}
