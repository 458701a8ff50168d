import { html, useState } from '../vendor/preact/standalone.mjs';
import { chooseTheme, chosenTheme, THEMES } from '../browser/theme.mjs';
import { RailRoots } from '../folders/rail-roots.mjs';
import { LANGUAGES } from '../lib/i18n.mjs';
import { Button } from '../ui/button.mjs';
import { Icon } from '../ui/icons.mjs';
import { Check, Row, Segments } from '../ui/form.mjs';
import { JudgeSettings } from './judge-settings.mjs';
import { BlurTerms } from './settings-blur.mjs';
import { FIELDS, ServerFields, ServerTable } from './server-settings.mjs';
import { CacheRow } from './settings-cache.mjs';
import { SentenceModelList } from './sentence-models.mjs';
import { VisionSettings } from './vision-settings.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../browser/theme.mjs').Theme} Theme */
/** @typedef {import('../lib/arrangement.mjs').Below} Below */
/** @typedef {import('../lib/types.mjs').ServerSetting} ServerSetting */
/** @typedef {Pick<Parts, 'libraryRoots'|'navigation'|'settingsActions'|'words'>} Acting */
/** @typedef {Acting & Pick<Parts, 'api'|'store'|'tilePrefs'|'toasts'>} Needs */
/** @typedef {[ServerSetting[], {version: string, hash: string}]} Data */

/** What can stand below tiles. @type {Below[]} */
const BELOW = ['', 'name', 'prompt'];

/** Each language in its own words. @type {Record<string, string>} */
const LANGUAGE_NAMES = {
  en: 'English',
  de: 'Deutsch',
  zh: '简体中文',
  'zh-Hant': '繁體中文',
  ja: '日本語',
};

/**
 * Settings of this browser, and of the server.
 * @param {Needs & {data: Data}} props
 */
export function Settings({ data: [settings, { version, hash }], ...props }) {
  const { libraryRoots, settingsActions, store, words } = props;
  const { t } = words;
  const { readOnly } = store.state;
  const dataFolder = settings.find(({ name }) => name === 'data_dir')?.value;
  const fields = (/** @type {string[]} */ names) =>
    html`<${ServerFields} ...${props} settings=${settings} names=${names} />`;
  const rebuild = html`<${Button}
    label=${t('settings.rebuild')}
    icon="refresh-cw"
    onClick=${() => settingsActions.rebuild()}
  />`;
  const moved = html`<${Button}
    label=${t('relocate.open')}
    icon="folder-input"
    onClick=${() => libraryRoots.askWhere()}
  />`;
  const test = html`<${Button} label=${t('settings.test')} onClick=${() => settingsActions.test()} />`;
  return html`<div class="settings">
    <${Part} title=${t('settings.browser')}><${BrowserFields} ...${props} /><//>
    <${Part} title=${t('settings.library')}>
      <${RailRoots} ...${props} />
      ${fields(FIELDS.files)}
      ${!readOnly && html`<div class="form__pair">${rebuild} ${moved}</div>`}
    <//>
    <${Part} title=${t('settings.marks')} text=${t('settings.marks.text')}>
      <${MarksTransfer} ...${props} />
    <//>
    <${Part} title=${t('blur.terms')}><${BlurTerms} ...${props} /><//>
    <${Part} title=${t('settings.thumbnails')}>
      ${fields(FIELDS.thumbnails)} <${CacheRow} ...${props} />
    <//>
    <${Part} title=${t('vision.title')} text=${t('vision.text')}>
      <${VisionSettings} ...${props} />
    <//>
    <${Part} title=${t('judge.title')} text=${t('judge.text')}>
      <${JudgeSettings} ...${props} />
    <//>
    <${Part} title=${t('meaning.models')} text=${t('meaning.models.text')}>
      <${SentenceModelList} ...${props} />
    <//>
    <${Part} title=${t('settings.ai')} text=${t('settings.ai.text')}>
      ${fields(FIELDS.ai)} ${!readOnly && test}
    <//>
    <${Part} title=${t('settings.server')} text=${t('settings.server.text')}>
      <${ServerTable} settings=${settings} words=${words} />
    <//>
    <${Part} title=${t('settings.about')}>
      <p>IIB ${version} ${hash && html`<small>${hash.slice(0, 9)}</small>`}</p>
      ${dataFolder && html`<p>${t('settings.dataFolder')}: <code>${dataFolder}</code></p>`}
    <//>
  </div>`;
}

/**
 * What the user has said about the files, as a file and from one.
 * @param {Pick<Parts, 'api'|'store'|'words'>} props
 */
function MarksTransfer({ api, store, words: { t } }) {
  const bring = html`<${Button}
    label=${t('import.file')}
    icon="upload"
    onClick=${() => store.set({ dialog: { kind: 'import' } })}
  />`;
  return html`<div class="form__pair">
    <a class="button" href=${api.exportedMarks()} download>
      <${Icon} name="download" /><span>${t('export.open')}</span>
    </a>
    ${!store.state.readOnly && bring}
  </div>`;
}

/** @param {{title: string, text?: string, children?: unknown}} props */
function Part({ title, text = '', children }) {
  return html`<section class="settings__part">
    <h2>${title}</h2>
    ${text && html`<p class="form__hint">${text}</p>`}
    ${children}
  </section>`;
}

/** @param {Needs} props */
function BrowserFields({ settingsActions, store, tilePrefs, words: { t } }) {
  const [theme, setTheme] = useState(chosenTheme());
  const { below, confirmsDelete, goOn, labels } = store.state;
  const change = (/** @type {Theme} */ value) => {
    chooseTheme(value);
    setTheme(value);
  };
  const speak = (/** @type {Event} */ event) =>
    settingsActions.speak(/** @type {HTMLSelectElement} */ (event.target).value);
  const option = (/** @type {string} */ name) =>
    html`<option value=${name} selected=${name === settingsActions.language} lang=${name}>
      ${LANGUAGE_NAMES[name]}
    </option>`;
  const check = (
    /** @type {'labels'|'confirmsDelete'|'goOn'} */ name,
    /** @type {boolean} */ isOn,
  ) =>
    html`<${Check}
      label=${t(`settings.${name}`)}
      checked=${isOn}
      onChange=${(/** @type {boolean} */ value) => settingsActions.turn(name, value)}
    />`;
  return html`<${Segments}
      label=${t('settings.theme')}
      name="theme"
      values=${THEMES}
      value=${theme}
      text=${(/** @type {Theme} */ one) => t(`settings.theme.${one}`)}
      onChange=${change}
    />
    <${Row} label=${t('settings.language')}>
      <select class="select is-field" aria-label=${t('settings.language')} onChange=${speak}>
        <option value="" selected=${!settingsActions.language}>${t('settings.language.browser')}</option>
        ${LANGUAGES.map(option)}
      </select>
    <//>
    ${check('labels', labels)}
    <${Segments}
      label=${t('settings.below')}
      name="below"
      values=${BELOW}
      value=${below}
      text=${(/** @type {Below} */ one) => t(`settings.below.${one || 'none'}`)}
      onChange=${(/** @type {Below} */ one) => tilePrefs.setBelow(one)}
    />
    ${check('confirmsDelete', confirmsDelete)} ${check('goOn', goOn)}`;
}
