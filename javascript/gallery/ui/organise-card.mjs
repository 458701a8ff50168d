import { html, useState } from '../vendor/preact/standalone.mjs';
import { problemOfName } from '../lib/organise.mjs';
import { baseName } from '../lib/paths.mjs';
import { kindOf } from '../lib/media.mjs';
import { Icon } from './icons.mjs';

/** @typedef {import('../lib/types.mjs').OrganiseCluster} Cluster */

const THUMBNAILS = 4;
const WORDS = 5;
/** More rows than this nobody reads. */
const ROWS = 300;

/**
 * @typedef {Object} OrganiseCardProps
 * @property {import('../lib/i18n.mjs').Translate} t
 * @property {import('../lib/format.mjs').Formats} formats
 * @property {Cluster} group
 * @property {boolean} stays  its files are not moved
 * @property {string} name  of its folder, as it stands
 * @property {boolean} isSkipped
 * @property {boolean} isMerged  another group has the same folder
 * @property {boolean} readOnly
 * @property {(path: string) => string} thumbnail
 * @property {(name: string) => void} onName
 * @property {() => void} onSkip
 */

/**
 * Files that go into one folder: the folder's name, some of them, and where each goes.
 * @param {OrganiseCardProps} props
 */
export function OrganiseCard({
  t,
  formats,
  group,
  stays,
  name,
  isSkipped,
  isMerged,
  readOnly,
  thumbnail,
  onName,
  onSkip,
}) {
  const [open, setOpen] = useState(false);
  const isNested = group.suggested_folder_name.includes('/');
  const problem = name === group.suggested_folder_name ? '' : problemOfName(name, isNested);
  const renamed = group.file_mappings.filter((file) => file.renamed).length;
  const id = `group-${group.cluster_id}`;
  const about = [
    t('summary.files', { count: group.size, number: formats.number(group.size) }),
    group.keywords.slice(0, WORDS).join(', '),
  ];
  return html`<li class=${`organise__card ${isSkipped ? 'is-skipped' : ''}`}>
    <div class="organise__pictures">${group.file_mappings
      .slice(0, THUMBNAILS)
      .map(({ src_path: path }) =>
        kindOf(path) === 'audio'
          ? html`<${Icon} key=${path} name="audio-lines" />`
          : html`<img key=${path} src=${thumbnail(path)} alt="" title=${baseName(path)} loading="lazy" decoding="async" />`,
      )}</div>
    <div class="organise__name">
      ${!stays && !readOnly && html`<input type="checkbox" checked=${!isSkipped} aria-label=${t('organise.take', { name })} title=${t('organise.take', { name })} onChange=${onSkip} />`}
      ${
        stays
          ? html`<strong>${t('organise.stays')}</strong>`
          : html`<input type="text" autocomplete="off" spellcheck=${false} aria-label=${t('organise.name')}
        aria-invalid=${problem !== ''} aria-describedby=${`${id}-problem`} disabled=${isSkipped || readOnly} value=${name}
        onInput=${(/** @type {Event} */ event) => onName(/** @type {HTMLInputElement} */ (event.target).value)} />`
      }
    </div>
    <p id=${`${id}-problem`} class="form__problem" role="alert">${problem && !isSkipped ? t(problem) : ''}</p>
    <p class="organise__about">${about.filter(Boolean).join(' · ')}</p>
    ${isMerged && !problem && html`<p class="organise__about">${t('organise.merged')}</p>`}
    ${renamed > 0 && html`<p class="organise__about">${t('organise.renamed', { count: renamed, number: formats.number(renamed) })}</p>`}
    <details onToggle=${(/** @type {Event} */ event) => setOpen(/** @type {HTMLDetailsElement} */ (event.target).open)}>
      <summary>${t(stays ? 'organise.which' : 'organise.where')}</summary>
      ${
        open &&
        html`<ul class="organise__files" tabindex="0">${group.file_mappings.slice(0, ROWS).map(
          (file) => html`<li key=${file.src_path} title=${file.src_path}>
        <span>${baseName(file.src_path)}</span>${
          !stays &&
          html`<${Icon} name="chevron-right" /><span class=${file.renamed ? 'is-renamed' : ''}
          >${`${name.trim()}/${baseName(file.dest_path)}`}</span>`
        }</li>`,
        )}
        ${group.size > ROWS && html`<li>${t('trash.more', { count: group.size - ROWS, number: formats.number(group.size - ROWS) })}</li>`}</ul>`
      }
    </details>
  </li>`;
}
