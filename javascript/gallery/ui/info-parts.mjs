import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { stringifyExact } from '../lib/json.mjs';
import { Button } from './button.mjs';
import { CopyButton } from './copy-button.mjs';

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
  return html`<section class="info__part">
    <header><h3>${t('info.workflow')}</h3><${CopyButton} text=${text} label=${t('info.copyWorkflow')} copy=${copy} /></header>
    <div class="info__buttons">
      <${Button} icon="download" label=${t('info.saveWorkflow')} onClick=${() => saveJson(`${item?.name ?? 'workflow'}.workflow.json`, text)} />
      <${Button} icon="workflow" label=${t(open ? 'info.hideWorkflow' : 'info.showWorkflow')} onClick=${() => setOpen(!open)} />
    </div>
    ${open && html`<div class="raw"><pre tabindex="0">${text.length > LONGEST_JSON ? `${text.slice(0, LONGEST_JSON)}…` : text}</pre></div>`}
  </section>`;
}

/**
 * The text as the generator wrote it, and the way to another one.
 * @param {InfoProps} props
 */
export function Raw({ t, info, item, copy, onEdit }) {
  if (!info?.infotext && !(onEdit && item?.kind === 'image')) return null;
  return html`<details class="info__part">
    <summary><h3>${t('info.raw')}</h3></summary>
    ${
      info?.infotext &&
      html`<div class="raw"><pre dir="auto">${info.infotext}</pre>
      <${CopyButton} text=${info.infotext} label=${t('info.copyRaw')} copy=${copy} /></div>`
    }
    ${onEdit && item?.kind === 'image' && html`<div class="info__buttons"><${Button} icon="pencil" label=${t('action.editText')} onClick=${() => onEdit(item)} /></div>`}
  </details>`;
}

/**
 * Every tag that the file carries, asked for when somebody wants to see it.
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
  return html`<details class="info__part" onToggle=${(/** @type {Event} */ event) => setOpen(/** @type {HTMLDetailsElement} */ (event.target).open)}>
    <summary><h3>${t('info.exif')}</h3></summary>
    ${failed && html`<p class="info__hint">${t('info.problem')}</p>`}
    ${open && !tags && !failed && html`<p class="info__hint">${t('info.loading')}</p>`}
    ${tags && html`<dl class="parameters">${Object.entries(tags).map(([name, value]) => html`<div><dt>${name}</dt><dd>${shown(value)}</dd></div>`)}</dl>`}
  </details>`;
}

/** @param {unknown} value */
function shown(value) {
  const text = Array.isArray(value) ? value.join(', ') : String(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}
