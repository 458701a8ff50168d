import { html } from '../vendor/preact/standalone.mjs';
import { Row, Segments } from '../ui/form.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').ServerSetting} ServerSetting */
/** @typedef {Pick<Parts, 'settingsActions'|'store'|'words'>} Needs */
/** @typedef {Needs & {setting: ServerSetting}} FieldProps */

/** Settings that are changed with those of language models. */
const OF_MODELS = [
  'openai_base_url',
  'openai_api_key',
  'embedding_model',
  'ai_model',
  'topic_title_model',
  'prompt_normalize',
];
/** Settings of the server that have a field. */
export const FIELDS = {
  files: ['delete_mode', 'max_upload_mib'],
  thumbnails: ['max_megapixels', 'thumbnail_cache_mib'],
  ai: [...OF_MODELS, 'ai_timeout_s', 'ai_concurrency'],
};
const MAX_NUMBER = 1_000_000_000;

/**
 * Settings of the server that can be changed while it runs, as fields. What was set at its start is shown,
 * and not changed here.
 * @param {Needs & {settings: ServerSetting[], names: string[]}} props
 */
export function ServerFields({ settings, names, ...props }) {
  const found = names.flatMap((name) => settings.find((setting) => setting.name === name) ?? []);
  return found.map(
    (setting) => html`<${Field} key=${setting.name} ...${props} setting=${setting} />`,
  );
}

/** @param {FieldProps} props */
function Field(props) {
  const { setting, settingsActions, store, words } = props;
  const { t } = words;
  const { choices, name, state, value } = setting;
  const label = t(`setting.${name}`);
  const isFixed = state !== 'live';
  const isOff = isFixed || store.state.readOnly;
  const hint = isFixed ? t('settings.fixed', { name: setting.variable }) : '';
  const save = (/** @type {any} */ changed) =>
    OF_MODELS.includes(name)
      ? settingsActions.changeAI(name, changed)
      : settingsActions.change(name, changed);
  if (choices.length) {
    return html`<${Segments}
        label=${label}
        name=${name}
        values=${choices}
        value=${value}
        disabled=${isOff}
        text=${(/** @type {string} */ one) => t(`setting.${name}.${one}`)}
        onChange=${save}
      />
      ${hint && html`<p class="form__hint">${hint}</p>`}`;
  }
  return html`<${Row} label=${label} hint=${hint}>
    <${Input} label=${label} setting=${setting} isOff=${isOff} words=${words} onSave=${save} />
  <//>`;
}

/**
 * A number or a text. A secret can be written, and is never shown.
 * @param {{label: string, setting: ServerSetting, isOff: boolean, words: Parts['words'],
 *   onSave: (value: string|number) => void}} props
 */
function Input({ label, setting, isOff, words: { t }, onSave }) {
  const { default: standard, is_set: isSet, name, value } = setting;
  const isNumber = typeof standard === 'number';
  const isSecret = name === 'openai_api_key';
  const onChange = (/** @type {Event} */ event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    if (!field.reportValidity()) return;
    onSave(isNumber ? Number(field.value) : field.value.trim());
    if (isSecret) field.value = '';
  };
  const numbers = isNumber && { min: 0, max: MAX_NUMBER, step: 1, required: true };
  return html`<input
    class=${isNumber ? 'form__number' : 'settings__text'}
    type=${isSecret ? 'password' : isNumber ? 'number' : 'text'}
    ...${numbers}
    autocomplete=${isSecret ? 'new-password' : 'off'}
    spellcheck=${false}
    aria-label=${label}
    placeholder=${isSecret ? t(isSet ? 'settings.secretSet' : 'settings.secretNone') : standard}
    value=${isSecret ? '' : value}
    disabled=${isOff}
    onChange=${onChange}
  />`;
}

/**
 * What is read when the program starts, or opens and restricts the server: it is shown only.
 * @param {Pick<Parts, 'words'> & {settings: ServerSetting[]}} props
 */
export function ServerTable({ settings, words: { t } }) {
  const fields = Object.values(FIELDS).flat();
  const shown = settings.filter(({ name }) => !fields.includes(name));
  const row = (
    /** @type {ServerSetting} */ { help, is_set: isSet, name, value, variable },
  ) => html`<div
    key=${name}
    title=${help}
  >
    <dt><code>${variable}</code></dt>
    <dd>${value === null ? t(isSet ? 'settings.secretSet' : 'settings.secretNone') : textOf(value)}</dd>
  </div>`;
  return html`<dl class="settings__table">${shown.map(row)}</dl>`;
}

/** @param {unknown} value */
function textOf(value) {
  if (Array.isArray(value)) return value.length ? value.join(', ') : '–';
  return value === '' ? '–' : String(value);
}
