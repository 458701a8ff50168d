import { html, useState } from '../vendor/preact/standalone.mjs';
import { kindOf } from '../lib/media.mjs';
import { problemOfName } from '../lib/organise.mjs';
import { baseName } from '../lib/paths.mjs';
import { isOpen, valueOf } from './events.mjs';
import { Icon } from './icons.mjs';

/** @typedef {import('../lib/types.mjs').OrganiseCluster} Cluster */

const THUMBNAILS = 4;
const WORDS = 5;
/** More rows than this are only counted. */
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
export function OrganiseCard(props) {
  const { t, formats, group, name, isSkipped, isMerged } = props;
  const isNested = group.suggested_folder_name.includes('/');
  const problem = name === group.suggested_folder_name ? '' : problemOfName(name, isNested);
  const renamed = group.file_mappings.filter((file) => file.renamed).length;
  const counted = (/** @type {number} */ count) => ({ count, number: formats.number(count) });
  const about = [
    t('summary.files', counted(group.size)),
    group.keywords.slice(0, WORDS).join(', '),
  ];
  const problemId = `group-${group.cluster_id}-problem`;
  return html`<li class=${`organise__card ${isSkipped ? 'is-skipped' : ''}`}>
    <${Pictures} ...${props} />
    <${Name} ...${props} problem=${problem} problemId=${problemId} />
    <p id=${problemId} class="form__problem" role="alert">${problem && !isSkipped ? t(problem) : ''}</p>
    <p class="organise__about">${about.filter(Boolean).join(' · ')}</p>
    ${isMerged && !problem && html`<p class="organise__about">${t('organise.merged')}</p>`}
    ${renamed > 0 && html`<p class="organise__about">${t('organise.renamed', counted(renamed))}</p>`}
    <${Files} ...${props} />
  </li>`;
}

/** @param {OrganiseCardProps} props */
function Pictures({ group, thumbnail }) {
  const picture = (/** @type {string} */ path) =>
    html`<img
      key=${path}
      data-path=${path}
      src=${thumbnail(path)}
      alt=""
      title=${baseName(path)}
      loading="lazy"
      decoding="async"
    />`;
  const shown = (/** @type {string} */ path) =>
    kindOf(path) === 'audio' ? html`<${Icon} key=${path} name="audio-lines" />` : picture(path);
  return html`<div class="organise__pictures">
    ${group.file_mappings.slice(0, THUMBNAILS).map((file) => shown(file.src_path))}
  </div>`;
}

/** @param {OrganiseCardProps & {problem: string, problemId: string}} props */
function Name({ t, stays, name, isSkipped, readOnly, onName, onSkip, problem, problemId }) {
  const take = t('organise.take', { name });
  const checkbox = html`<input
    type="checkbox"
    checked=${!isSkipped}
    aria-label=${take}
    title=${take}
    onChange=${onSkip}
  />`;
  const field = html`<input
    type="text"
    autocomplete="off"
    spellcheck=${false}
    aria-label=${t('organise.name')}
    aria-invalid=${problem !== ''}
    aria-describedby=${problemId}
    disabled=${isSkipped || readOnly}
    value=${name}
    onInput=${(/** @type {Event} */ event) => onName(valueOf(event))}
  />`;
  return html`<div class="organise__name">
    ${!stays && !readOnly && checkbox}
    ${stays ? html`<strong>${t('organise.stays')}</strong>` : field}
  </div>`;
}

/** @param {OrganiseCardProps} props */
function Files(props) {
  const { t, formats, group, stays } = props;
  const [open, setOpen] = useState(false);
  const more = group.size - ROWS;
  const rest = html`<li>${t('trash.more', { count: more, number: formats.number(more) })}</li>`;
  const row = (/** @type {import('../lib/types.mjs').OrganiseMapping} */ file) =>
    html`<${File} ...${props} key=${file.src_path} file=${file} />`;
  const list = html`<ul class="organise__files" tabindex="0">
    ${group.file_mappings.slice(0, ROWS).map(row)}
    ${more > 0 && rest}
  </ul>`;
  return html`<details onToggle=${(/** @type {Event} */ event) => setOpen(isOpen(event))}>
    <summary>${t(stays ? 'organise.which' : 'organise.where')}</summary>
    ${open && list}
  </details>`;
}

/** @param {OrganiseCardProps & {file: import('../lib/types.mjs').OrganiseMapping}} props */
function File({ stays, name, file: { dest_path: dest, renamed, src_path: path } }) {
  const target = html`<${Icon} name="chevron-right" />
    <span class=${renamed ? 'is-renamed' : ''}>${`${name.trim()}/${baseName(dest)}`}</span>`;
  return html`<li title=${path}><span>${baseName(path)}</span>${!stays && target}</li>`;
}
