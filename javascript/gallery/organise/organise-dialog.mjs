import { html, useState } from '../vendor/preact/standalone.mjs';
import { FolderChooser } from '../folders/folder-chooser.mjs';
import {
  BY,
  clampSmallest,
  exampleOf,
  LIKENESS,
  MAX_SMALLEST,
  patternOf,
  problemOfName,
  problemOfPattern,
  REST,
} from '../lib/organise.mjs';
import { baseName } from '../lib/paths.mjs';
import { useStateAbout } from '../ui/about.mjs';
import { Button } from '../ui/button.mjs';
import { Dialog, DialogButtons } from '../ui/dialog.mjs';
import { Row, Segments } from '../ui/form.mjs';
import { Icon } from '../ui/icons.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {import('../lib/organise.mjs').By} By */
/** @typedef {import('../lib/organise.mjs').Options} Options */
/** @typedef {import('./plans.mjs').Matter} Matter */
/** @typedef {(change: Partial<Options>) => void} Change */
/** @typedef {{t: Translate, options: Options, change: Change}} PartProps */

/**
 * @typedef {Pick<Parts, 'api'|'plans'|'store'|'toasts'|'tree'|'words'>} Needs
 * @typedef {Needs & {matter: Matter, onClose: () => void}} Props
 */

/**
 * How files are to be sorted. Nothing is moved by it: it leads to a preview.
 * @param {Props} props
 */
export function OrganiseDialog({ api, matter, plans, store, toasts, tree, words, onClose }) {
  const { t } = words;
  const [options, setOptions] = useState(plans.options);
  const [dest, setDest] = useState(matter.dest);
  const [isChoosing, setChoosing] = useState(false);
  const [problem, setProblem] = useStateAbout(JSON.stringify([options, dest]), '');
  const [busy, setBusy] = useState(false);
  /** @type {Change} */
  const change = (some) => setOptions({ ...options, ...some });
  if (isChoosing) {
    const choose = (/** @type {string} */ folder) => {
      setDest(folder);
      setChoosing(false);
    };
    return html`<${FolderChooser}
      ...${{ api, store, toasts, tree, words }}
      title=${t('organise.into')}
      verb=${t('organise.choose')}
      start=${dest}
      onClose=${() => setChoosing(false)}
      onChoose=${choose}
    />`;
  }
  const isWrong = hasProblem(options, t);
  const submit = async () => {
    if (isWrong || busy) return;
    setBusy(true);
    const refused = await plans.start({ ...matter, dest }, options);
    setBusy(false);
    if (refused) setProblem(refused);
    else onClose();
  };
  const form = { change, dest, hasFolders: matter.folders.length > 0, options, t };
  return html`<${Dialog}
    title=${titleOf(matter, words)}
    dismiss=${t('dialog.cancel')}
    kind="is-organise"
    onClose=${onClose}
    onSubmit=${submit}
  >
    <div class="form">
      <${Form} ...${form} onChoose=${() => setChoosing(true)} />
      ${problem && html`<${Problem} text=${problem} />`}
    </div>
    <${DialogButtons} hint=${t('organise.hint')}>
      <${Button} label=${t('dialog.cancel')} onClick=${onClose} />
      <${Button}
        label=${t('organise.preview')}
        kind="is-primary"
        disabled=${isWrong || busy}
        submit=${true}
      />
    <//>
  <//>`;
}

/**
 * What is to be sorted, in words.
 * @param {Matter} matter
 * @param {Parts['words']} words
 */
function titleOf({ folders, name, subject }, { t, formats }) {
  const numbers = (/** @type {number} */ count) => ({ count, number: formats.number(count) });
  if (subject && folders.length) {
    return t('organise.both', {
      files: t('summary.files', numbers(subject.count)),
      folders: t('summary.folders', numbers(folders.length)),
    });
  }
  if (subject) return t('organise.files', numbers(subject.count));
  return name ? t('organise.folder', { name: baseName(name) }) : t('organise.folders');
}

/**
 * @param {Options} options
 * @param {Translate} t
 */
function hasProblem(options, t) {
  const isPatternWrong = options.by !== 'theme' && problemOfPattern(patternOf(options)) !== null;
  return isPatternWrong || problemOfRest(options, t) !== '';
}

/**
 * What is wrong with the name of the folder for the rest; '' where nothing is.
 * @param {Options} options
 * @param {Translate} t
 */
function problemOfRest({ rest, restName }, t) {
  return rest === 'unsorted' ? problemOfName(restName || t('organise.unsorted'), false) : '';
}

/**
 * @param {PartProps & {dest: string, hasFolders: boolean, onChoose: () => void}} props
 */
function Form({ change, dest, hasFolders, onChoose, options, t }) {
  const isTheme = options.by === 'theme';
  const part = { t, options, change };
  return html`<${Segments}
      label=${t('organise.by')}
      name="by"
      values=${BY}
      value=${options.by}
      text=${(/** @type {By} */ by) => t(`organise.by.${by}`)}
      onChange=${(/** @type {By} */ by) => change({ by })}
    />
    ${isTheme ? html`<${Theme} ...${part} />` : html`<${Rule} ...${part} />`}
    <${Row} label=${t('organise.rest')} hint=${t(`organise.rest.${isTheme ? 'theme' : 'rule'}`)}>
      <${Rest} ...${part} />
    <//>
    <${Segments}
      label=${t('organise.action')}
      name="action"
      values=${['move', 'copy']}
      value=${options.action}
      text=${(/** @type {string} */ action) => t(`organise.action.${action}`)}
      onChange=${(/** @type {'move'|'copy'} */ action) => change({ action })}
    />
    <${Row} label=${t('organise.into')}>
      <button type="button" class="form__folder" title=${dest} onClick=${onChoose}>
        <${Icon} name="folder" /><span>${dest}</span><em>${t('organise.change')}</em>
      </button>
    <//>
    ${hasFolders && html`<${Deep} ...${part} />`}`;
}

/** @param {PartProps} props */
function Rest({ t, options, change }) {
  const onChoose = (/** @type {Event} */ event) => {
    const { value } = /** @type {HTMLSelectElement} */ (event.target);
    change({ rest: /** @type {any} */ (value) });
  };
  const problem = problemOfRest(options, t);
  const name = html`<input
    type="text"
    autocomplete="off"
    spellcheck=${false}
    maxlength="60"
    aria-label=${t('organise.restName')}
    aria-invalid=${problem !== ''}
    placeholder=${t('organise.unsorted')}
    value=${options.restName}
    onInput=${(/** @type {Event} */ event) => change({ restName: valueOf(event) })}
  />`;
  const choice = (/** @type {string} */ rest) =>
    html`<option value=${rest} selected=${rest === options.rest}>${t(`organise.rest.${rest}`)}</option>`;
  const label = t('organise.rest');
  return html`<div class="form__pair">
      <select class="select is-field" aria-label=${label} value=${options.rest} onChange=${onChoose}>
        ${REST.map(choice)}
      </select>
      ${options.rest === 'unsorted' && name}
    </div>
    ${problem && html`<${Problem} text=${t(problem)} />`}`;
}

/** @param {PartProps} props */
function Deep({ t, options, change }) {
  const onChange = (/** @type {Event} */ event) =>
    change({ deep: /** @type {HTMLInputElement} */ (event.target).checked });
  return html`<label class="form__check">
    <input type="checkbox" checked=${options.deep} onChange=${onChange} />
    <span>${t('organise.deep')}</span>
  </label>`;
}

/** @param {PartProps} props */
function Theme({ t, options, change }) {
  const { word, threshold } = LIKENESS[options.likeness];
  const words = t(`organise.likeness.${word}`);
  const slider = html`<input
    type="range"
    class="range"
    min="0"
    max=${LIKENESS.length - 1}
    step="1"
    aria-label=${t('organise.likeness')}
    aria-valuetext=${words}
    value=${options.likeness}
    onInput=${(/** @type {Event} */ event) => change({ likeness: Number(valueOf(event)) })}
  />`;
  const smallest = html`<input
    type="number"
    class="form__number"
    min="1"
    max=${MAX_SMALLEST}
    aria-label=${t('organise.smallest')}
    value=${options.smallest}
    onChange=${(/** @type {Event} */ event) => change({ smallest: clampSmallest(Number(valueOf(event))) })}
  />`;
  return html`<${Row} label=${t('organise.likeness')} hint=${t(`organise.likeness.${word}.text`)}>
      <div class="form__pair is-slider">
        ${slider}
        <strong>${words}</strong>
        <small>${threshold.toFixed(2)}</small>
      </div>
    <//>
    <${Row} label=${t('organise.smallest')}>${smallest}<//>
    <${Segments}
      label=${t('organise.naming')}
      name="naming"
      values=${['title', 'keywords']}
      value=${options.naming}
      text=${(/** @type {string} */ naming) => t(`organise.naming.${naming}`)}
      onChange=${(/** @type {'title'|'keywords'} */ naming) => change({ naming })}
    />`;
}

/** @param {PartProps} props */
function Rule({ t, options, change }) {
  const pattern = patternOf(options);
  const problem = problemOfPattern(pattern);
  const hint = problem
    ? ''
    : t('organise.pattern.example', { folder: exampleOf(pattern, new Date()) });
  const onInput = (/** @type {Event} */ event) =>
    change({ patterns: { ...options.patterns, [options.by]: valueOf(event) } });
  return html`<${Row} label=${t('organise.pattern')} hint=${hint}>
    <input
      type="text"
      class="form__pattern"
      autocomplete="off"
      spellcheck=${false}
      aria-label=${t('organise.pattern')}
      aria-invalid=${problem !== null}
      value=${pattern}
      onInput=${onInput}
    />
    ${problem && html`<${Problem} text=${t(problem.key, { field: problem.field })} />`}
  <//>`;
}

/** @param {{text: string}} props */
function Problem({ text }) {
  return html`<p class="form__problem" role="alert">${text}</p>`;
}

/** @param {Event} event  of a field */
function valueOf(event) {
  return /** @type {HTMLInputElement} */ (event.target).value;
}
