import { html, useState } from '../vendor/preact/standalone.mjs';
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
import { Button } from '../ui/button.mjs';
import { Dialog, DialogButtons } from '../ui/dialog.mjs';
import { Row, Segments } from '../ui/form.mjs';
import { Icon } from '../ui/icons.mjs';
import { FolderChooser } from '../folders/folder-chooser.mjs';

/** @typedef {import('../lib/organise.mjs').By} By */
/** @typedef {import('../lib/organise.mjs').Options} Options */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */
/** @typedef {import('./plans.mjs').Matter} Matter */

/**
 * How files are to be sorted. Nothing is moved by it: it leads to a preview.
 * @param {{gallery: Gallery, matter: Matter, onClose: () => void}} props
 */
export function OrganiseDialog({ gallery, matter, onClose }) {
  const { t, formats } = gallery.words;
  const [options, setOptions] = useState(gallery.organising.options);
  const [dest, setDest] = useState(matter.dest);
  const [choosing, setChoosing] = useState(false);
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  /** @param {Partial<Options>} change */
  const change = (change) => {
    setOptions({ ...options, ...change });
    setProblem('');
  };
  if (choosing) {
    return html`<${FolderChooser} gallery=${gallery} title=${t('organise.into')} verb=${t('organise.choose')} start=${dest} onClose=${() => setChoosing(false)}
      onChoose=${(/** @type {string} */ folder) => {
        setDest(folder);
        setChoosing(false);
      }} />`;
  }
  const restName = options.restName || t('organise.unsorted');
  const wrong =
    (options.by !== 'theme' && problemOfPattern(patternOf(options)) !== null) ||
    (options.rest === 'unsorted' && problemOfName(restName, false) !== '');
  const submit = async () => {
    if (wrong || busy) return;
    setBusy(true);
    const refused = await gallery.organising.start({ ...matter, dest }, options);
    setBusy(false);
    if (refused) setProblem(refused);
    else onClose();
  };
  const count = matter.subject?.count ?? 0;
  const numbers = (/** @type {number} */ many) => ({ count: many, number: formats.number(many) });
  const hasFolders = matter.folders.length > 0;
  const title =
    matter.subject && hasFolders
      ? t('organise.both', {
          files: t('summary.files', numbers(count)),
          folders: t('summary.folders', numbers(matter.folders.length)),
        })
      : matter.subject
        ? t('organise.files', numbers(count))
        : matter.name
          ? t('organise.folder', { name: baseName(matter.name) })
          : t('organise.folders');
  return html`<${Dialog} title=${title} dismiss=${t('dialog.cancel')} kind="is-organise" onClose=${onClose} onSubmit=${submit}>
    <div class="form">
      <${Segments} label=${t('organise.by')} name="by" values=${BY} value=${options.by} text=${(/** @type {By} */ by) => t(`organise.by.${by}`)}
        onChange=${(/** @type {By} */ by) => change({ by })} />
      ${options.by === 'theme' ? html`<${Theme} t=${t} options=${options} change=${change} />` : html`<${Rule} t=${t} options=${options} change=${change} />`}
      <${Row} label=${t('organise.rest')} hint=${t(`organise.rest.${options.by === 'theme' ? 'theme' : 'rule'}`)}>
        <div class="form__pair">
          <select class="select is-field" aria-label=${t('organise.rest')} value=${options.rest}
            onChange=${(/** @type {Event} */ event) => change({ rest: /** @type {any} */ (/** @type {HTMLSelectElement} */ (event.target).value) })}>
            ${REST.map((rest) => html`<option value=${rest} selected=${rest === options.rest}>${t(`organise.rest.${rest}`)}</option>`)}
          </select>
          ${
            options.rest === 'unsorted' &&
            html`<input type="text" autocomplete="off" spellcheck=${false} maxlength="60" aria-label=${t('organise.restName')}
            aria-invalid=${problemOfName(restName, false) !== ''} placeholder=${t('organise.unsorted')} value=${options.restName}
            onInput=${(/** @type {Event} */ event) => change({ restName: /** @type {HTMLInputElement} */ (event.target).value })} />`
          }
        </div>
        ${options.rest === 'unsorted' && problemOfName(restName, false) && html`<p class="form__problem" role="alert">${t(problemOfName(restName, false))}</p>`}
      <//>
      <${Segments} label=${t('organise.action')} name="action" values=${['move', 'copy']} value=${options.action}
        text=${(/** @type {string} */ action) => t(`organise.action.${action}`)} onChange=${(/** @type {'move'|'copy'} */ action) => change({ action })} />
      <${Row} label=${t('organise.into')}>
        <button type="button" class="form__folder" title=${dest} onClick=${() => setChoosing(true)}>
          <${Icon} name="folder" /><span>${dest}</span><em>${t('organise.change')}</em></button>
      <//>
      ${
        hasFolders &&
        html`<label class="form__check"><input type="checkbox" checked=${options.deep}
        onChange=${(/** @type {Event} */ event) => change({ deep: /** @type {HTMLInputElement} */ (event.target).checked })} /><span>${t('organise.deep')}</span></label>`
      }
      ${problem && html`<p class="form__problem" role="alert">${problem}</p>`}
    </div>
    <${DialogButtons} hint=${t('organise.hint')}>
      <${Button} label=${t('dialog.cancel')} onClick=${onClose} />
      <${Button} label=${t('organise.preview')} kind="is-primary" disabled=${wrong || busy} submit=${true} />
    <//>
  <//>`;
}

/**
 * @typedef {{t: import('../lib/i18n.mjs').Translate, options: Options, change: (change: Partial<Options>) => void}} PartProps
 */

/** @param {PartProps} props */
function Theme({ t, options, change }) {
  const { word, threshold } = LIKENESS[options.likeness];
  const words = t(`organise.likeness.${word}`);
  return html`<${Row} label=${t('organise.likeness')} hint=${t(`organise.likeness.${word}.text`)}>
      <div class="form__pair is-slider">
        <input type="range" class="range" min="0" max=${LIKENESS.length - 1} step="1" aria-label=${t('organise.likeness')} aria-valuetext=${words} value=${options.likeness}
          onInput=${(/** @type {Event} */ event) => change({ likeness: Number(/** @type {HTMLInputElement} */ (event.target).value) })} />
        <strong>${words}</strong><small>${threshold.toFixed(2)}</small>
      </div>
    <//>
    <${Row} label=${t('organise.smallest')}>
      <input type="number" class="form__number" min="1" max=${MAX_SMALLEST} aria-label=${t('organise.smallest')} value=${options.smallest}
        onChange=${(/** @type {Event} */ event) => change({ smallest: clampSmallest(Number(/** @type {HTMLInputElement} */ (event.target).value)) })} />
    <//>
    <${Segments} label=${t('organise.naming')} name="naming" values=${['title', 'keywords']} value=${options.naming}
      text=${(/** @type {string} */ naming) => t(`organise.naming.${naming}`)} onChange=${(/** @type {'title'|'keywords'} */ naming) => change({ naming })} />`;
}

/** @param {PartProps} props */
function Rule({ t, options, change }) {
  const pattern = patternOf(options);
  const problem = problemOfPattern(pattern);
  return html`<${Row} label=${t('organise.pattern')} hint=${problem ? '' : t('organise.pattern.example', { folder: exampleOf(pattern, new Date()) })}>
    <input type="text" class="form__pattern" autocomplete="off" spellcheck=${false} aria-label=${t('organise.pattern')} aria-invalid=${problem !== null} value=${pattern}
      onInput=${(/** @type {Event} */ event) => change({ patterns: { ...options.patterns, [options.by]: /** @type {HTMLInputElement} */ (event.target).value } })} />
    ${problem && html`<p class="form__problem" role="alert">${t(problem.key, { field: problem.field })}</p>`}
  <//>`;
}
