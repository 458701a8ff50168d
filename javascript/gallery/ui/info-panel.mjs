import { html } from '../vendor/preact/standalone.mjs';
import { stringifyExact } from '../lib/json.mjs';
import { parameterRows } from '../lib/parameters.mjs';
import { IconButton, Button } from './button.mjs';
import { CopyButton } from './copy-button.mjs';
import { Icon } from './icons.mjs';
import { PromptText } from './prompt-text.mjs';

/** @typedef {import('../lib/types.mjs').GenerationInfo} GenerationInfo */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {import('../lib/format.mjs').Formats} Formats */

/**
 * @typedef {Object} InfoProps
 * @property {Translate} t
 * @property {Formats} formats
 * @property {Item|null} item
 * @property {GenerationInfo|null} info  null while it is on its way, and where ``problem`` says why there is none
 * @property {string} problem
 * @property {{width: number, height: number}|null} pixels  of the picture itself, where known
 * @property {(text: string) => Promise<boolean>} copy
 * @property {(name: string, text: string) => void} saveJson
 * @property {() => void} onClose
 */

/** @param {InfoProps} props */
export function InfoPanel(props) {
  const { t, item } = props;
  return html`<aside class="info" aria-label=${t('info.label')}>
    <header class="info__head">
      <h2 title=${item?.name ?? ''}>${item ? item.name : t('info.label')}</h2>
      ${item && html`<${CopyButton} text=${item.path} label=${t('info.copyPath')} copy=${props.copy} />`}
      <${IconButton} icon="x" label=${t('info.close')} onClick=${props.onClose} />
    </header>
    <div class="info__body" tabindex="0" role="group" aria-label=${t('info.label')}>
      ${item ? html`<${Facts} ...${props} />` : html`<p class="info__hint">${t('info.choose')}</p>`}
      ${item && item.kind !== 'dir' && html`<${Generation} ...${props} />`}
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
function Generation(props) {
  const { t, info, problem } = props;
  if (problem) return html`<p class="info__hint" role="alert">${problem}</p>`;
  if (!info) return html`<p class="info__hint">${t('info.loading')}</p>`;
  const rows = parameterRows(info, props.formats.number);
  const nothing = !info.prompt && !info.negative_prompt && !info.infotext && !rows.length && !info.workflow;
  if (nothing) return html`<p class="info__hint">${info.error || t('info.none')}</p>`;
  return html`
    <${Text} title=${t('info.prompt')} text=${info.prompt} label=${t('info.copyPrompt')} copy=${props.copy} />
    <${Text} title=${t('info.negative')} text=${info.negative_prompt} label=${t('info.copyNegative')} copy=${props.copy} />
    ${info.loras.length > 0 && html`<section class="info__part">
      <h3>${t('info.loras')}</h3>
      <ul class="chips">${info.loras.map((lora) => html`<li class="chip">${lora.name}${lora.weight !== null && html`<small>${lora.weight}</small>`}</li>`)}</ul>
    </section>`}
    ${rows.length > 0 && html`<section class="info__part">
      <h3>${t('info.parameters')}</h3>
      <dl class="parameters">${rows.map((row) => html`<div><dt>${row.label ? t(row.label) : row.name}</dt><dd>${row.value}</dd></div>`)}</dl>
    </section>`}
    ${info.error && html`<p class="info__hint"><${Icon} name="circle-alert" /> ${info.error}</p>`}
    ${Boolean(info.workflow) && html`<${Workflow} ...${props} />`}
    ${info.infotext && html`<details class="info__part">
      <summary><h3>${t('info.raw')}</h3></summary>
      <div class="raw"><pre dir="auto">${info.infotext}</pre>
      <${CopyButton} text=${info.infotext} label=${t('info.copyRaw')} copy=${props.copy} /></div>
    </details>`}`;
}

/** @param {{title: string, text: string, label: string, copy: (text: string) => Promise<boolean>}} props */
function Text({ title, text, label, copy }) {
  if (!text) return null;
  return html`<section class="info__part">
    <header><h3>${title}</h3><${CopyButton} text=${text} label=${label} copy=${copy} /></header>
    <${PromptText} text=${text} />
  </section>`;
}

/** @param {InfoProps} props */
function Workflow({ t, info, item, copy, saveJson }) {
  const workflow = info?.workflow;
  const text = typeof workflow === 'string' ? workflow : stringifyExact(workflow);
  return html`<section class="info__part">
    <header><h3>${t('info.workflow')}</h3><${CopyButton} text=${text} label=${t('info.copyWorkflow')} copy=${copy} /></header>
    <${Button} icon="workflow" label=${t('info.saveWorkflow')} onClick=${() => saveJson(`${item?.name ?? 'workflow'}.workflow.json`, text)} />
  </section>`;
}
