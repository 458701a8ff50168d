import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { stringifyExact } from '../lib/json.mjs';
import { Button } from './button.mjs';
import { CopyButton } from './copy-button.mjs';
import { isOpen } from './events.mjs';

/** @typedef {import('./info-panel.mjs').InfoProps} InfoProps */

/** Values longer than this are cut: a workflow among the tags is shown elsewhere. */
const LONGEST_VALUE = 600;
const LONGEST_JSON = 60_000;

/**
 * The graph that made the picture.
 * @param {InfoProps} props
 */
export function Workflow({ t, info, item, copy, saveJson }) {
  const [open, setOpen] = useState(false);
  const workflow = info?.workflow;
  const text = typeof workflow === 'string' ? workflow : stringifyExact(workflow);
  const save = () => saveJson(`${item?.name ?? 'workflow'}.workflow.json`, text);
  const toggle = () => setOpen(!open);
  const toggleLabel = t(open ? 'info.hideWorkflow' : 'info.showWorkflow');
  return html`<section class="info__part">
    <header>
      <h3>${t('info.workflow')}</h3>
      <${CopyButton} text=${text} label=${t('info.copyWorkflow')} copy=${copy} />
    </header>
    <div class="info__buttons">
      <${Button} icon="download" label=${t('info.saveWorkflow')} onClick=${save} />
      <${Button} icon="workflow" label=${toggleLabel} onClick=${toggle} />
    </div>
    ${open && html`<div class="raw"><pre tabindex="0">${shortened(text, LONGEST_JSON)}</pre></div>`}
  </section>`;
}

/**
 * The text as the generator wrote it, and the way to another one.
 * @param {InfoProps} props
 */
export function Raw({ t, info, item, copy, onEdit }) {
  const text = info?.infotext ?? '';
  const edit = onEdit && item?.kind === 'image' ? () => onEdit(item) : null;
  if (!text && !edit) return null;
  const raw = html`<div class="raw">
    <pre dir="auto">${text}</pre>
    <${CopyButton} text=${text} label=${t('info.copyRaw')} copy=${copy} />
  </div>`;
  const buttons = html`<div class="info__buttons">
    <${Button} icon="pencil" label=${t('action.editText')} onClick=${edit} />
  </div>`;
  return html`<details class="info__part">
    <summary><h3>${t('info.raw')}</h3></summary>
    ${text && raw}
    ${edit && buttons}
  </details>`;
}

/**
 * Every tag that the file carries, asked for when the part is opened.
 * @param {InfoProps} props
 */
export function Exif({ t, item, loadExif }) {
  const [open, setOpen] = useState(false);
  const [tags, setTags] = useState(/** @type {Record<string, unknown>|null} */ (null));
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (!open || !item) return undefined;
    const abort = new AbortController();
    loadExif(item.path, abort.signal).then(setTags, () => !abort.signal.aborted && setFailed(true));
    return () => abort.abort();
  }, [open, item?.path]);
  const row = (/** @type {[string, unknown]} */ [name, value]) => html`<div>
    <dt>${name}</dt>
    <dd>${shown(value)}</dd>
  </div>`;
  const onToggle = (/** @type {Event} */ event) => setOpen(isOpen(event));
  return html`<details class="info__part" onToggle=${onToggle}>
    <summary><h3>${t('info.exif')}</h3></summary>
    ${failed && html`<p class="info__hint">${t('info.problem')}</p>`}
    ${open && !tags && !failed && html`<p class="info__hint">${t('info.loading')}</p>`}
    ${tags && html`<dl class="parameters">${Object.entries(tags).map(row)}</dl>`}
  </details>`;
}

/** @param {unknown} value */
function shown(value) {
  const text = Array.isArray(value) ? value.join(', ') : String(value);
  return shortened(text, LONGEST_VALUE);
}

/**
 * @param {string} text
 * @param {number} longest
 */
function shortened(text, longest) {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
