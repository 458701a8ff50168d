import { html, useState } from '../vendor/preact/standalone.mjs';
import { answerOf, groupsOf, outlook, stays } from '../lib/organise.mjs';
import { baseName } from '../lib/paths.mjs';
import { Button } from '../ui/button.mjs';
import { Icon } from '../ui/icons.mjs';
import { Notice } from '../ui/notice.mjs';
import { OrganiseCard } from '../ui/organise-card.mjs';
import { keepPlace, readPlace } from '../browser/address.mjs';
import { isUnderWay, stageOf } from './plans.mjs';

/** @typedef {import('../lib/types.mjs').OrganisePreview} Preview */
/** @typedef {import('../lib/types.mjs').OrganiseState} OrganiseState */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

/**
 * A plan that sorts files into folders: how far it is, what it would do, what it has done.
 * @param {{gallery: Gallery}} props
 */
export function OrganiseView({ gallery }) {
  const {
    words: { t },
    state: { plan },
  } = gallery;
  if (!plan) return null;
  const { told, error } = plan;
  if (!told) {
    return (
      error &&
      html`<${Notice} icon="folder-kanban" title=${t('organise.gone')} text=${error} action=${t('organise.again')}
      onAction=${gallery.state.readOnly ? null : () => gallery.organising.askAgain()} />`
    );
  }
  if (isUnderWay(told)) return html`<${UnderWay} gallery=${gallery} told=${told} />`;
  if (told.status === 'preview_ready' && told.preview)
    return html`<${PreviewOf} key=${plan.job} gallery=${gallery} told=${told} preview=${told.preview} />`;
  return html`<${Ended} gallery=${gallery} told=${told} />`;
}

/** @param {{gallery: Gallery, told: OrganiseState}} props */
function UnderWay({ gallery, told }) {
  const { t } = gallery.words;
  const isEnding = gallery.state.jobs.some(({ id, isEnding }) => id === told.job_id && isEnding);
  const text = stageOf(told, gallery.words);
  return html`<section class="notice organise__busy" role="status">
    <${Icon} name="folder-kanban" />
    <h2>${t(told.status === 'moving' ? 'organise.moving' : 'organise.planning')}</h2>
    <progress max="1" value=${told.progress} aria-label=${text}></progress>
    <p>${text}</p>
    ${told.message && html`<p>${told.message}</p>`}
    <p>${t(told.status === 'moving' ? 'organise.moving.text' : 'organise.planning.text')}</p>
    <${Button} label=${t('jobs.cancel')} disabled=${isEnding} onClick=${() => gallery.organising.cancel(told.job_id)} />
  </section>`;
}

/**
 * The end of it, one way or another.
 * @param {{gallery: Gallery, told: OrganiseState}} props
 */
function Ended({ gallery, told }) {
  const {
    words: { t, formats },
    state: { plan, readOnly },
  } = gallery;
  const { result, preview, status, error } = told;
  const again = readOnly ? null : () => gallery.organising.askAgain();
  if (!result) {
    const key =
      status === 'cancelled' ? 'organise.dropped' : preview ? 'organise.expired' : 'organise.failed';
    return html`<${Notice} icon="folder-kanban" title=${t(key)} text=${status !== 'cancelled' && !preview ? error : t(`${key}.text`)} action=${t('organise.again')} onAction=${again} />`;
  }
  const count = result.moved_count;
  const { operation_id: operation, errors, created_folders: folders } = result;
  const title =
    plan?.after === 'undone'
      ? t('organise.undone')
      : t(preview?.action === 'copy' ? 'organise.copied' : 'organise.moved', {
          count,
          number: formats.number(count),
        });
  const words = [
    plan?.after === 'undone' ? t('organise.undone.text') : '',
    status === 'cancelled' ? t('organise.stopped') : '',
    folders.length && plan?.after !== 'undone'
      ? t('organise.made', { count: folders.length, number: formats.number(folders.length) })
      : '',
  ];
  return html`<${Notice} icon="folder-kanban" title=${title} text=${words.filter(Boolean).join(' ')} action=${t('organise.open')}
    onAction=${preview ? () => gallery.navigating.go(gallery.navigating.folderRoute(preview.dest_folder)) : null}>
    <ul class="notice__ways">
      ${plan?.after === 'undoable' && !readOnly && html`<li><${Button} icon="undo-2" label=${t('action.undo')} onClick=${() => gallery.organising.undo(told.job_id, operation, count)} /></li>`}
      ${
        errors.length > 0 &&
        html`<li><${Button} icon="circle-alert" label=${t('dialog.problems', { count: errors.length, number: formats.number(errors.length) })}
        onClick=${() => gallery.set({ dialog: { kind: 'problems', errors } })} /></li>`
      }
    </ul>
  <//>`;
}

/**
 * What would be done: a card for each folder, whose name can be changed, or which can be left out.
 * @param {{gallery: Gallery, told: OrganiseState, preview: Preview}} props
 */
function PreviewOf({ gallery, told, preview }) {
  const {
    api,
    words: { t, formats },
    state: { readOnly },
  } = gallery;
  // Kept with the address, so that a reload, or a failure on the way, costs nobody their names.
  const [edits, setEdits] = useState(readPlace().edits ?? { names: {}, skipped: [] });
  const { names } = edits;
  const skipped = new Set(edits.skipped);
  /** @param {Partial<import('./plans.mjs').Edits>} change */
  const edit = (change) => {
    setEdits({ ...edits, ...change });
    keepPlace({ edits: { ...edits, ...change } });
  };
  const [busy, setBusy] = useState(false);
  const groups = groupsOf(preview);
  const look = outlook(preview, names, skipped);
  const counted = { count: look.files, number: formats.number(look.files) };
  const carryOut = async () => {
    setBusy(true);
    await gallery.organising.carryOut(told.job_id, answerOf(preview, names, skipped));
    setBusy(false);
  };
  /** @param {string} id */
  const toggle = (id) => {
    edit({ skipped: skipped.has(id) ? edits.skipped.filter((one) => one !== id) : [...edits.skipped, id] });
  };
  return html`<div class="organise" tabindex="0" role="region" aria-label=${t('organise.preview')}>
    <header class="organise__head">
      <div class="organise__words">
        <p><strong>${t('organise.sum', { ...counted, folders: t('summary.folders', { count: look.folders, number: formats.number(look.folders) }) })}</strong></p>
        <p class="organise__facts"><${Facts} gallery=${gallery} preview=${preview} renamed=${look.renamed} /></p>
      </div>
      ${
        !readOnly &&
        html`<div class="organise__buttons">
        <${Button} label=${t('organise.discard')} kind="is-quiet" onClick=${() => gallery.organising.cancel(told.job_id)} />
        ${gallery.organising.matter && html`<${Button} label=${t('organise.options')} onClick=${() => gallery.organising.askAgain()} />`}
        <${Button} label=${t(preview.action === 'copy' ? 'organise.doCopy' : 'organise.doMove', counted)} kind="is-primary"
          disabled=${busy || !look.files || look.illegal.size > 0} onClick=${carryOut} />
      </div>`
      }
    </header>
    ${told.error && html`<p class="organise__told" role="alert"><${Icon} name="circle-alert" />${told.error}</p>`}
    ${preview.message && html`<p class="organise__told"><${Icon} name="info" />${preview.message}</p>`}
    ${
      !groups.length &&
      html`<${Notice} icon="folder-kanban" title=${t('organise.nothing')} text=${t('organise.nothing.text')} action=${t('organise.again')}
      onAction=${readOnly ? null : () => gallery.organising.askAgain()} />`
    }
    <ul class="organise__cards">${groups.map(
      (
        group,
      ) => html`<${OrganiseCard} key=${group.cluster_id} t=${t} formats=${formats} group=${group} stays=${stays(group)}
      name=${names[group.cluster_id] ?? group.suggested_folder_name} isSkipped=${skipped.has(group.cluster_id)} isMerged=${look.merged.has(group.cluster_id)}
      readOnly=${readOnly} thumbnail=${(/** @type {string} */ path) => api.thumbnail(path, 0, 256)}
      onName=${(/** @type {string} */ name) => edit({ names: { ...names, [group.cluster_id]: name } })} onSkip=${() => toggle(group.cluster_id)} />`,
    )}</ul>
  </div>`;
}

/** @param {{gallery: Gallery, preview: Preview, renamed: number}} props */
function Facts({ gallery, preview, renamed }) {
  const { t, formats } = gallery.words;
  const number = (/** @type {number} */ count) => ({ count, number: formats.number(count) });
  const isTight = preview.bytes_needed > preview.bytes_free;
  const space =
    preview.bytes_needed > 0 &&
    t(isTight ? 'organise.tight' : 'organise.space', {
      needed: formats.bytes(preview.bytes_needed),
      free: formats.bytes(preview.bytes_free),
    });
  const { problems } = preview;
  return html`<span title=${preview.dest_folder}>${t('organise.in', { folder: baseName(preview.dest_folder) })}</span>
    ${preview.in_place > 0 && html`<span>${t('organise.inPlace', number(preview.in_place))}</span>`}
    ${renamed > 0 && html`<span>${t('organise.renamed', number(renamed))}</span>`}
    ${space && html`<span class=${isTight ? 'is-problem' : ''}>${space}</span>`}
    ${
      problems.length > 0 &&
      html`<button type="button" class="link" onClick=${() => gallery.set({ dialog: { kind: 'problems', errors: problems } })}>
      ${t('organise.problems', number(problems.length))}</button>`
    }
    <span>${t('organise.until', { time: formats.dateTime(preview.expires_time) })}</span>`;
}
