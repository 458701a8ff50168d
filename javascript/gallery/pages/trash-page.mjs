import { html } from '../vendor/preact/standalone.mjs';
import { kindOf } from '../lib/media.mjs';
import { baseName } from '../lib/paths.mjs';
import { Button } from '../ui/button.mjs';
import { Icon } from '../ui/icons.mjs';
import { Notice } from '../ui/notice.mjs';

/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */
/** @typedef {import('./trash.mjs').Deletion} Deletion */

/** Pictures of one deletion that are shown; the others are a number. */
const SHOWN = 48;
const DAY_S = 86_400;

/**
 * The trash, deletion by deletion, as that is what comes back.
 * @param {{gallery: Gallery}} props
 */
export function TrashView({ gallery }) {
  const {
    words: { t, formats },
    state: { trash, phase, readOnly },
  } = gallery;
  if (phase !== 'ready' || !trash) return null;
  if (!trash.length)
    return html`<${Notice} icon="trash-2" title=${t('trash.empty')} text=${t('trash.emptyText')} action="" onAction=${null} />`;
  const count = trash.reduce((sum, deletion) => sum + deletion.files.length, 0);
  const bytes = trash.reduce((sum, deletion) => sum + deletion.bytes, 0);
  return html`<div class="trash" tabindex="0" role="region" aria-label=${t('trash.label')}>
    <header class="trash__head"><p>${t('trash.holds', { count, number: formats.number(count), size: formats.bytes(bytes) })}</p>
      ${!readOnly && html`<${Button} icon="trash-2" label=${t('trash.emptyIt')} onClick=${() => gallery.trash.askToEmpty(null)} />`}</header>
    ${trash.map((deletion) => html`<${Part} key=${deletion.operation} gallery=${gallery} deletion=${deletion} />`)}
  </div>`;
}

/** @param {{gallery: Gallery, deletion: Deletion}} props */
function Part({ gallery, deletion }) {
  const {
    api,
    words: { t, formats },
    state: { readOnly },
  } = gallery;
  const { files, time, bytes, expires } = deletion;
  const media = files.filter((file) => kindOf(file.path) !== 'other');
  const days = Math.max(0, Math.round((expires - Date.now() / 1000) / DAY_S));
  const facts = [
    t('summary.files', { count: files.length, number: formats.number(files.length) }),
    formats.bytes(bytes),
    t('trash.left', { count: days, number: formats.number(days) }),
  ];
  return html`<section class="trash__part">
    <header><h2>${formats.dateTime(time)}</h2><p>${facts.join(' · ')}</p>
      ${
        !readOnly &&
        html`<div class="trash__buttons">
        <${Button} icon="archive-restore" label=${t('trash.restore')} onClick=${() => gallery.trash.restore(deletion)} />
        <${Button} icon="trash-2" label=${t('trash.remove')} kind="is-quiet" onClick=${() => gallery.trash.askToEmpty(deletion)} />
      </div>`
      }</header>
    <ul class="trash__files">${media.slice(0, SHOWN).map(
      (file) => html`<li key=${file.trash_path} title=${file.path}>
      ${kindOf(file.path) === 'audio' ? html`<${Icon} name="audio-lines" />` : html`<img src=${api.thumbnail(file.trash_path, 0, 256)} alt="" loading="lazy" />`}
      <span>${baseName(file.path)}</span>
    </li>`,
    )}</ul>
    ${
      files.length > Math.min(SHOWN, media.length) &&
      html`<p class="trash__more">${t('trash.more', {
        count: files.length - Math.min(SHOWN, media.length),
        number: formats.number(files.length - Math.min(SHOWN, media.length)),
      })}</p>`
    }
  </section>`;
}
