import { html } from '../vendor/preact/standalone.mjs';
import { grouped, modelName, parameterRows } from '../lib/parameters.mjs';
import { IconButton } from './button.mjs';
import { CopyButton } from './copy-button.mjs';
import { Difference } from './difference.mjs';
import { Icon } from './icons.mjs';
import { Exif, Raw, Workflow } from './info-parts.mjs';
import { PromptText } from './prompt-text.mjs';

/** @typedef {import('../lib/types.mjs').GenerationInfo} GenerationInfo */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {import('../lib/format.mjs').Formats} Formats */
/** @typedef {import('../lib/parameters.mjs').ParameterRow} ParameterRow */

/** @typedef {{name: string, info: GenerationInfo|null, isSelf: boolean}} Pinned */

/**
 * @typedef {Object} InfoProps
 * @property {Translate} t
 * @property {Formats} formats
 * @property {Item|null} item
 * @property {GenerationInfo|null} info  null while it is on its way, and where ``problem`` says why there is
 *   none
 * @property {string} problem
 * @property {{width: number, height: number}|null} pixels  of the picture itself, where known
 * @property {import('./prompt-text.mjs').Needles} needles  what was searched
 * @property {(query: string) => string} searchOf  address of a search
 * @property {Pinned|null} pinned  the picture that others are compared with
 * @property {(text: string) => Promise<boolean>} copy
 * @property {(name: string, text: string) => void} saveJson
 * @property {(path: string, signal: AbortSignal) => Promise<Record<string, unknown>>} loadExif
 * @property {((item: Item) => void)|null} onEdit  null: the server only reads
 * @property {() => void} onPin
 * @property {() => void} onClose
 * @property {unknown} marks  rating and tags
 */

/** @param {InfoProps} props */
export function InfoPanel(props) {
  const { t, item, pinned } = props;
  const hasInfo = item !== null && item.kind !== 'dir';
  const isPinned = pinned?.isSelf ?? false;
  const pin = html`<${IconButton}
    icon=${isPinned ? 'pin-off' : 'pin'}
    label=${t(isPinned ? 'info.unpin' : 'info.pin')}
    pressed=${isPinned}
    onClick=${props.onPin}
  />`;
  return html`<aside class="side-panel info" aria-label=${t('info.label')}>
    <header class="side-panel__head">
      <h2 title=${item?.path ?? ''}>${item ? item.name : t('info.label')}</h2>
      ${hasInfo && pin}
      ${item && html`<${CopyButton} text=${item.path} label=${t('info.copyPath')} copy=${props.copy} />`}
      <${IconButton} icon="x" label=${t('info.close')} onClick=${props.onClose} />
    </header>
    <div class="side-panel__body" tabindex="0" role="group" aria-label=${t('info.label')}>
      ${item ? html`<${Facts} ...${props} />` : html`<p class="info__hint">${t('info.choose')}</p>`}
      ${hasInfo && props.marks}
      ${hasInfo && pinned && !pinned.isSelf && html`<${Compared} ...${props} />`}
      ${hasInfo && html`<${Generation} ...${props} />`}
      ${hasInfo && html`<${Exif} key=${`exif ${item.path}`} ...${props} />`}
    </div>
  </aside>`;
}

/** @param {InfoProps} props */
function Facts({ t, formats, item, pixels }) {
  if (!item) return null;
  const facts = [
    item.date > 0 && formats.dateTime(item.date),
    pixels && `${pixels.width} × ${pixels.height}`,
    item.kind === 'dir' ? t('kind.dir') : formats.bytes(item.bytes),
  ];
  return html`<p class="info__facts">${facts.filter(Boolean).map((fact) => html`<span>${fact}</span>`)}</p>`;
}

/** @param {InfoProps} props */
function Compared({ t, formats, pinned, info }) {
  return html`<section class="info__part is-pinned">
    <header><h3>${t('info.difference', { name: pinned?.name ?? '' })}</h3></header>
    ${
      pinned?.info && info
        ? html`<${Difference} t=${t} formats=${formats} before=${pinned.info} after=${info} />`
        : html`<p class="info__hint">${t('info.loading')}</p>`
    }
  </section>`;
}

/** @param {InfoProps} props */
function Generation(props) {
  const { t, info, problem, searchOf } = props;
  if (problem) return html`<p class="info__hint" role="alert">${problem}</p>`;
  if (!info) return html`<p class="info__hint">${t('info.loading')}</p>`;
  const rows = parameterRows(info, props.formats.number);
  const nothing =
    !info.prompt && !info.negative_prompt && !info.infotext && !rows.length && !info.workflow;
  if (nothing) {
    return html`<p class="info__hint">${info.error || t('info.none')}</p>
      <${Raw} ...${props} />`;
  }
  const prompt = {
    title: t('info.prompt'),
    field: 'prompt',
    text: info.prompt,
    label: t('info.copyPrompt'),
  };
  const negative = {
    title: t('info.negative'),
    field: 'negative',
    text: info.negative_prompt,
    label: t('info.copyNegative'),
  };
  const parameters = grouped(rows).map(
    ({ group, rows: own }) =>
      html`<${Parameters} key=${group} ...${props} group=${group} rows=${own} />`,
  );
  return html`
    <${Text} ...${props} ...${prompt} />
    <${Text} ...${props} ...${negative} />
    ${info.loras.length > 0 && html`<${Loras} t=${t} loras=${info.loras} searchOf=${searchOf} />`}
    ${parameters}
    ${info.error && html`<p class="info__hint"><${Icon} name="circle-alert" /> ${info.error}</p>`}
    ${Boolean(info.workflow) && html`<${Workflow} ...${props} />`}
    <${Raw} ...${props} />`;
}

/**
 * @param {{t: Translate, loras: GenerationInfo['loras'], searchOf: (query: string) => string}} props
 */
function Loras({ t, loras, searchOf }) {
  const chip = (/** @type {GenerationInfo['loras'][0]} */ { name: file, weight }) => {
    const name = modelName(file);
    const href = searchOf(`lora:"${name.replaceAll('"', '')}"`);
    return html`<li>
      <a class="chip" href=${href} title=${file}>
        ${name}${weight !== null && html`<small>${weight}</small>`}
      </a>
    </li>`;
  };
  return html`<section class="info__part">
    <h3>${t('info.loras')}</h3>
    <ul class="chips">${loras.map(chip)}</ul>
  </section>`;
}

const TITLES = {
  what: 'info.group.what',
  how: 'info.group.how',
  with: 'info.group.with',
  video: 'info.group.video',
  other: 'info.group.other',
  passes: 'info.group.passes',
};

/**
 * The parameters of one group; those of later passes are folded away.
 * @param {InfoProps & {group: import('../lib/parameters.mjs').Group, rows: ParameterRow[]}} props
 */
function Parameters({ t, searchOf, group, rows }) {
  const title = html`<h3>${t(TITLES[group])}</h3>`;
  const valueOf = (/** @type {ParameterRow} */ { search, value }) =>
    search ? html`<a class="word" href=${searchOf(search)}>${value}</a>` : value;
  const line = (/** @type {ParameterRow} */ row) => html`<div>
    <dt>${row.label ? t(row.label) : row.name}</dt>
    <dd>${valueOf(row)}</dd>
  </div>`;
  const table = html`<dl class="parameters">${rows.map(line)}</dl>`;
  if (group === 'passes')
    return html`<details class="info__part"><summary>${title}</summary>${table}</details>`;
  return html`<section class="info__part">${title}${table}</section>`;
}

/** @param {InfoProps & {title: string, field: 'prompt'|'negative', text: string, label: string}} props */
function Text({ title, field, text, label, copy, needles, searchOf }) {
  if (!text) return null;
  return html`<section class="info__part">
    <header><h3>${title}</h3><${CopyButton} text=${text} label=${label} copy=${copy} /></header>
    <${PromptText} text=${text} field=${field} needles=${needles} searchOf=${searchOf} />
  </section>`;
}
