import { html } from '../vendor/preact/standalone.mjs';
import { keeperBy, keyOf, namesOf, reasonOf, victimsOf } from '../lib/duplicates.mjs';
import { baseName } from '../lib/paths.mjs';
import { Button } from '../ui/button.mjs';
import { Icon } from '../ui/icons.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/duplicates.mjs').Choice} Choice */
/** @typedef {import('../lib/types.mjs').DuplicateFile} DuplicateFile */
/** @typedef {import('../lib/types.mjs').DuplicateGroup} DuplicateGroup */

/**
 * @typedef {Object} Own
 * @property {DuplicateGroup} group
 * @property {Choice} choice
 * @property {boolean} isOwn  the user chose it
 * @property {boolean} isCurrent
 *
 * @typedef {Pick<Parts, 'api'|'duplicateGroups'|'navigation'|'store'|'words'> & Own} CardProps
 * @typedef {CardProps & {file: DuplicateFile}} FileProps
 */

/**
 * The files of a group side by side: which is kept and why, which go, and what differs.
 * @param {CardProps} props
 */
export function DuplicateCard(props) {
  const { choice, duplicateGroups, group, isCurrent, words } = props;
  const { t, formats } = words;
  const key = keyOf(group);
  const victims = victimsOf(group, choice);
  const bytes = victims.reduce((sum, file) => sum + file.bytes, 0);
  const counted = { count: group.files.length, number: formats.number(group.files.length) };
  const facts = [
    t('summary.files', counted),
    bytes ? t('duplicates.frees', { size: formats.bytes(bytes) }) : '',
  ];
  const title = t(`duplicates.group.${group.kind}`);
  const file = (/** @type {DuplicateFile} */ one) =>
    html`<${File} key=${one.path} ...${props} file=${one} />`;
  return html`<li
    class=${`duplicates__group ${isCurrent ? 'is-current' : ''}`}
    data-group=${key}
    tabindex="-1"
    aria-label=${`${title}: ${baseName(group.keeper)}`}
    onFocusIn=${() => duplicateGroups.setCurrent(key)}
  >
    <header>
      <h2>${title}</h2>
      <p>${facts.filter(Boolean).join(' · ')}</p>
      <${Buttons} ...${props} count=${victims.length} />
    </header>
    <ul class="duplicates__files">${group.files.map(file)}</ul>
  </li>`;
}

/** @param {CardProps & {count: number}} props */
function Buttons({ count, duplicateGroups, group, store, words: { t, formats } }) {
  const resolve = t('duplicates.trash', { count, number: formats.number(count) });
  const changes = html`<${Button}
      label=${t('duplicates.apart')}
      kind="is-quiet"
      onClick=${() => duplicateGroups.setApart(group)}
    />
    <${Button}
      icon="trash-2"
      label=${resolve}
      disabled=${!count}
      onClick=${() => duplicateGroups.resolve(group)}
    />`;
  return html`<div class="duplicates__buttons">
    <${Button}
      icon="columns-2"
      label=${t('action.compare')}
      kind="is-quiet"
      onClick=${() => duplicateGroups.compare(group)}
    />
    ${!store.state.readOnly && changes}
  </div>`;
}

/** @param {FileProps} props */
function File(props) {
  const { choice, file, group } = props;
  const isKept = file.path === choice.keeper;
  const isVictim = victimsOf(group, choice).includes(file);
  const state = isVictim ? 'is-victim' : 'is-kept';
  return html`<li class=${`duplicates__file ${state} ${isKept ? 'is-keeper' : ''}`}>
    <${Picture} ...${props} />
    <${Fate} ...${props} isKept=${isKept} isVictim=${isVictim} />
    <${Facts} ...${props} />
  </li>`;
}

/** @param {FileProps} props */
function Picture({ api, duplicateGroups, file: { date, name, path, type }, group, words: { t } }) {
  const picture =
    type === 'audio'
      ? html`<${Icon} name="audio-lines" />`
      : html`<img
          data-path=${path}
          src=${api.thumbnail(path, date, 512)}
          alt=""
          loading="lazy"
          decoding="async"
        />`;
  return html`<button
    type="button"
    class="duplicates__picture"
    aria-label=${t('duplicates.compareWith', { name })}
    title=${t('action.compare')}
    onClick=${() => duplicateGroups.compare(group, path)}
  >
    ${picture}
  </button>`;
}

/**
 * Whether a file is kept and why, or goes; and how that is changed.
 * @param {FileProps & {isKept: boolean, isVictim: boolean}} props
 */
function Fate(props) {
  const { file, group, isKept, isVictim, store, words } = props;
  const [other] = namesOf(group, file);
  const { t } = words;
  const link = html`<p class="duplicates__link" title=${other?.path}>
    <${Icon} name="link" />${t('duplicates.link', { name: other?.name ?? '' })}
  </p>`;
  const told = t(isVictim ? 'duplicates.goes' : 'duplicates.kept');
  const reading = html`<p>${isKept ? t('duplicates.keep') : told}</p>`;
  return html`<div class="duplicates__fate">
    ${store.state.readOnly ? reading : html`<${Choose} ...${props} />`}
    ${isKept && html`<p class="duplicates__why">${whyText(props)}</p>`}
    ${other && link}
  </div>`;
}

/** @param {FileProps & {isKept: boolean, isVictim: boolean}} props */
function Choose({ choice, duplicateGroups, file, group, isKept, isVictim, words: { t } }) {
  const { name, path } = file;
  const keep = () => duplicateGroups.choose(group, { keeper: path });
  const toggle = () => {
    const stays = isVictim ? [...choice.stays, path] : choice.stays.filter((one) => one !== path);
    duplicateGroups.choose(group, { stays });
  };
  const trash = html`<label>
    <input
      type="checkbox"
      checked=${isVictim}
      aria-label=${t('duplicates.trashIt', { name })}
      onChange=${toggle}
    />
    <span aria-hidden="true">${t('duplicates.goes')}</span>
  </label>`;
  const isLinked = namesOf(group, file).length > 0;
  return html`<label>
      <input
        type="radio"
        name=${`keep ${keyOf(group)}`}
        checked=${isKept}
        aria-label=${t('duplicates.keepIt', { name })}
        onChange=${keep}
      />
      <span aria-hidden="true">${t('duplicates.keep')}</span>
    </label>
    ${!isKept && !isLinked && trash}`;
}

/**
 * Why a file is the one to keep.
 * @param {FileProps} props
 */
function whyText({ choice, file, group, isOwn, store, words: { t } }) {
  const rule = store.state.duplicates?.rule ?? 'suggested';
  if (isOwn && choice.keeper !== group.keeper) return t('duplicates.why.own');
  if (choice.keeper !== keeperBy(group, rule)) return t('duplicates.why.link');
  if (file.path === group.keeper) return t(`duplicates.why.${reasonOf(group) || 'equal'}`);
  return t(`duplicates.why.${rule.startsWith('in:') ? 'folder' : rule}`);
}

/** @param {FileProps} props */
function Facts({ file, group: { differs }, navigation, words }) {
  const { t, formats } = words;
  const fact = (/** @type {string} */ name, /** @type {unknown} */ value) =>
    value && html`<li class=${differs.includes(name) ? 'is-different' : ''}>${value}</li>`;
  const stars = file.rating > 0 && t('marks.stars', { count: file.rating });
  const fields = file.metadata_fields;
  const metadata = fields
    ? t('duplicates.metadata', { count: fields, number: formats.number(fields) })
    : t('duplicates.noMetadata');
  const folder = html`<button
    type="button"
    class="link"
    title=${file.path}
    onClick=${() => navigation.showInFolder(file.path)}
  >
    ${baseName(file.folder)}
  </button>`;
  const pixels = file.width > 0 && `${file.width} × ${file.height}`;
  return html`<ul class="duplicates__facts">
    <li class="duplicates__name" title=${file.path}>${file.name}</li>
    ${fact('folder', folder)}
    <li>
      <ul class="duplicates__numbers">
        ${fact('format', file.format.toUpperCase())}
        ${fact('pixels', pixels)}
        ${fact('size', formats.bytes(file.bytes))}
      </ul>
    </li>
    ${fact('date', formats.dateTime(file.date))}
    ${fact('metadata', metadata)}
    ${fact('rating', stars)}
    ${fact('tags', file.tags.length > 0 && t('duplicates.tags', { names: file.tags.join(', ') }))}
    ${fact('albums', file.albums.length > 0 && t('duplicates.albums', { names: file.albums.join(', ') }))}
  </ul>`;
}
