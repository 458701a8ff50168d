import { html } from '../vendor/preact/standalone.mjs';
import { hrefOf } from '../browser/address.mjs';
import { kindOf } from '../lib/media.mjs';
import { baseName } from '../lib/paths.mjs';
import { HOME } from '../lib/router.mjs';
import { Button } from '../ui/button.mjs';
import { Icon } from '../ui/icons.mjs';
import { Notice } from '../ui/notice.mjs';
import { WithMenu } from '../ui/with-menu.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').TrashedFile} TrashedFile */
/** @typedef {import('./trash.mjs').Deletion} Deletion */
/** @typedef {Pick<Parts, 'api'|'store'|'trash'|'words'>} Needs */

/** Pictures of one deletion that are shown; the others are a number. */
const SHOWN = 48;
const DAY_S = 86_400;

/**
 * The trash, deletion by deletion, as that is what is restored.
 * @param {Needs} props
 */
export function TrashPage({ api, store, trash, words }) {
  const { t, formats } = words;
  const { phase, readOnly, trash: deletions } = store.state;
  if (phase !== 'ready' || !deletions) return null;
  const history = html`<a class="button" href=${hrefOf({ ...HOME, view: 'history' })}>
    <${Icon} name="history" /><span>${t('view.history')}</span>
  </a>`;
  if (!deletions.length)
    return html`<${Notice} icon="trash-2" title=${t('trash.empty')} text=${t('trash.emptyText')}>
      ${history}
    <//>`;
  const count = deletions.reduce((sum, deletion) => sum + deletion.files.length, 0);
  const bytes = deletions.reduce((sum, deletion) => sum + deletion.bytes, 0);
  const holds = t('trash.holds', {
    count,
    number: formats.number(count),
    size: formats.bytes(bytes),
  });
  const empty = () => trash.askToEmpty(null);
  const emptyAll = html`<${Button} icon="trash-2" label=${t('trash.emptyIt')} onClick=${empty} />`;
  const part = (/** @type {Deletion} */ deletion) =>
    html`<${Part} key=${deletion.operation} ...${{ api, deletion, store, trash, words }} />`;
  return html`<div class="trash" tabindex="0" role="region" aria-label=${t('trash.label')}>
    <header class="trash__head">
      <p>${holds}</p>
      ${history} ${!readOnly && emptyAll}
    </header>
    ${deletions.map(part)}
  </div>`;
}

/** @param {Needs & {deletion: Deletion}} props */
function Part({ api, deletion, store, trash, words }) {
  const { t, formats } = words;
  const { files, time, bytes, expires } = deletion;
  const media = files.filter((file) => kindOf(file.path) !== 'other');
  const days = Math.max(0, Math.round((expires - Date.now() / 1000) / DAY_S));
  const counted = (/** @type {number} */ count) => ({ count, number: formats.number(count) });
  const facts = [
    t('summary.files', counted(files.length)),
    formats.bytes(bytes),
    t('trash.left', counted(days)),
  ];
  const more = files.length - Math.min(SHOWN, media.length);
  const rest = html`<p class="trash__more">${t('trash.more', counted(more))}</p>`;
  const buttons = html`<${Buttons} deletion=${deletion} trash=${trash} words=${words} />`;
  const file = (/** @type {TrashedFile} */ one) =>
    html`<${File} key=${one.trash_path} ...${{ api, store, trash, words }} file=${one} />`;
  return html`<section class="trash__part">
    <header>
      <h2>${formats.dateTime(time)}</h2>
      <p>${facts.join(' · ')}</p>
      ${!store.state.readOnly && buttons}
    </header>
    <ul class="trash__files">${media.slice(0, SHOWN).map(file)}</ul>
    ${more > 0 && rest}
  </section>`;
}

/** @param {Pick<Parts, 'trash'|'words'> & {deletion: Deletion}} props */
function Buttons({ deletion, trash, words: { t } }) {
  const restore = () => trash.restore(deletion);
  const remove = () => trash.askToEmpty(deletion);
  return html`<div class="trash__buttons">
    <${Button} icon="archive-restore" label=${t('trash.restore')} onClick=${restore} />
    <${Button} icon="trash-2" label=${t('trash.remove')} kind="is-quiet" onClick=${remove} />
  </div>`;
}

/**
 * A file; one of a larger operation, such as an edit, comes back with all of that only.
 * @param {Needs & {file: TrashedFile}} props
 */
function File({ api, file, store, trash, words: { t } }) {
  const { kind, path, trash_path: trashed } = file;
  const name = baseName(path);
  const groups = [
    [{ id: 'restore', icon: 'archive-restore', label: t('trash.restore') }],
    [{ id: 'remove', icon: 'trash-2', label: t('trash.remove'), kind: 'is-danger' }],
  ];
  const choose = (/** @type {string} */ id) =>
    id === 'restore' ? trash.restoreFile(file) : trash.askToRemove(file);
  const picture =
    kindOf(path) === 'audio'
      ? html`<${Icon} name="audio-lines" />`
      : html`<img
          data-path=${trashed}
          src=${api.thumbnail(trashed, 0, 256)}
          alt=""
          loading="lazy"
        />`;
  return html`<${WithMenu}
    label=${t('manage.menu', { name })}
    title=${name}
    groups=${store.state.readOnly || kind !== 'delete' ? [] : groups}
    onChoose=${choose}
  >
    ${picture}<span title=${path}>${name}</span>
  <//>`;
}
