import { html, useState } from '../vendor/preact/standalone.mjs';
import { keepPlace, readPlace } from '../browser/address.mjs';
import { answerOf, groupsOf, outlook, stays } from '../lib/organise.mjs';
import { baseName } from '../lib/paths.mjs';
import { Button } from '../ui/button.mjs';
import { Icon } from '../ui/icons.mjs';
import { Notice } from '../ui/notice.mjs';
import { OrganiseCard } from '../ui/organise-card.mjs';
import { isUnderWay, stageOf } from './plan-state.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').OrganisePreview} Preview */
/** @typedef {import('../lib/types.mjs').OrganiseState} OrganiseState */
/** @typedef {ReturnType<typeof groupsOf>[0]} Group */
/** @typedef {import('../lib/organise.mjs').Edits} Edits */

/**
 * @typedef {Pick<Parts, 'api'|'jobs'|'navigation'|'plans'|'store'|'words'>} Needs
 * @typedef {Needs & {told: OrganiseState}} Props  told: what the server says of the plan
 */

/**
 * A plan that sorts files into folders: how far it is, what it would do, what it has done.
 * @param {Needs} props
 */
export function OrganiseView({ api, jobs, navigation, plans, store, words }) {
  const { plan } = store.state;
  if (!plan) return null;
  const { told } = plan;
  const parts = { api, jobs, navigation, plans, store, words, told };
  if (!told) return plan.error && html`<${Gone} ...${parts} error=${plan.error} />`;
  if (isUnderWay(told)) return html`<${UnderWay} ...${parts} />`;
  if (told.status === 'preview_ready' && told.preview)
    return html`<${PreviewOf} key=${plan.job} ...${parts} preview=${told.preview} />`;
  return html`<${Ended} ...${parts} />`;
}

/**
 * What leads to another plan about the same files; null where nothing can be changed.
 * @param {Pick<Parts, 'plans'|'store'>} parts
 */
function againOf({ plans, store }) {
  return store.state.readOnly ? null : () => plans.askAgain();
}

/** @param {Pick<Parts, 'plans'|'store'|'words'> & {error: string}} props */
function Gone({ error, plans, store, words: { t } }) {
  return html`<${Notice}
    icon="folder-kanban"
    title=${t('organise.gone')}
    text=${error}
    action=${t('organise.again')}
    onAction=${againOf({ plans, store })}
  />`;
}

/** @param {Props} props */
function UnderWay({ jobs, plans, told, words }) {
  const { t } = words;
  const { job_id: job, message, progress, status } = told;
  const isEnding = jobs.find(job)?.isEnding ?? false;
  const text = stageOf(told, words);
  const isMoving = status === 'moving';
  const cancel = () => plans.cancel(job);
  return html`<section class="notice organise__busy" role="status">
    <${Icon} name="folder-kanban" />
    <h2>${t(isMoving ? 'organise.moving' : 'organise.planning')}</h2>
    <progress max="1" value=${progress} aria-label=${text}></progress>
    <p>${text}</p>
    ${message && html`<p>${message}</p>`}
    <p>${t(isMoving ? 'organise.moving.text' : 'organise.planning.text')}</p>
    <${Button} label=${t('jobs.cancel')} disabled=${isEnding} onClick=${cancel} />
  </section>`;
}

/**
 * The end of it, one way or another.
 * @param {Props} props
 */
function Ended(props) {
  return props.told.result ? html`<${Done} ...${props} />` : html`<${NotDone} ...${props} />`;
}

/** @param {Props} props */
function NotDone({ plans, store, told: { error, preview, status }, words: { t } }) {
  const isCancelled = status === 'cancelled';
  const ended = preview ? 'organise.expired' : 'organise.failed';
  const key = isCancelled ? 'organise.dropped' : ended;
  return html`<${Notice}
    icon="folder-kanban"
    title=${t(key)}
    text=${!isCancelled && !preview ? error : t(`${key}.text`)}
    action=${t('organise.again')}
    onAction=${againOf({ plans, store })}
  />`;
}

/** @param {Props} props */
function Done({ navigation, plans, store, told, words }) {
  const { preview, result } = told;
  if (!result) return null;
  const { t, formats } = words;
  const { plan, readOnly } = store.state;
  const { errors, moved_count: count, operation_id: operation } = result;
  const counted = (/** @type {number} */ many) => ({ count: many, number: formats.number(many) });
  const isUndone = plan?.after === 'undone';
  const done = t(preview?.action === 'copy' ? 'organise.copied' : 'organise.moved', counted(count));
  const undo = () => plans.undo(told.job_id, operation, count);
  const showErrors = () => store.set({ dialog: { kind: 'problems', errors } });
  const open = preview ? () => navigation.go(navigation.folderRoute(preview.dest_folder)) : null;
  const undoButton = html`<li>
    <${Button} icon="undo-2" label=${t('action.undo')} onClick=${undo} />
  </li>`;
  const problems = t('dialog.problems', counted(errors.length));
  const errorsButton = html`<li>
    <${Button} icon="circle-alert" label=${problems} onClick=${showErrors} />
  </li>`;
  return html`<${Notice}
    icon="folder-kanban"
    title=${isUndone ? t('organise.undone') : done}
    text=${resultText(told, isUndone, words)}
    action=${t('organise.open')}
    onAction=${open}
  >
    <ul class="notice__ways">
      ${plan?.after === 'undoable' && !readOnly && undoButton}
      ${errors.length > 0 && errorsButton}
    </ul>
  <//>`;
}

/**
 * @param {OrganiseState} told
 * @param {boolean} isUndone
 * @param {Parts['words']} words
 */
function resultText({ result, status }, isUndone, { t, formats }) {
  const made = result?.created_folders.length ?? 0;
  const words = [
    isUndone ? t('organise.undone.text') : '',
    status === 'cancelled' ? t('organise.stopped') : '',
    made && !isUndone ? t('organise.made', { count: made, number: formats.number(made) }) : '',
  ];
  return words.filter(Boolean).join(' ');
}

/**
 * What would be done: a card for each folder, whose name can be changed, or which can be left out.
 * @param {Props & {preview: Preview}} props
 */
function PreviewOf({ api, plans, preview, store, told, words }) {
  const { t } = words;
  const { readOnly } = store.state;
  // Kept with the address, so that a reload, or a failure on the way, costs no names.
  const [edits, setEdits] = useState(readPlace().edits ?? { names: {}, skipped: [] });
  const skipped = new Set(edits.skipped);
  /** @param {Partial<Edits>} change */
  const edit = (change) => {
    setEdits({ ...edits, ...change });
    keepPlace({ edits: { ...edits, ...change } });
  };
  const groups = groupsOf(preview);
  const look = outlook(preview, edits.names, skipped);
  /** @param {string} id */
  const toggle = (id) => {
    edit({
      skipped: skipped.has(id) ? edits.skipped.filter((one) => one !== id) : [...edits.skipped, id],
    });
  };
  const card = (/** @type {Group} */ group) => {
    const { cluster_id: id } = group;
    return html`<${OrganiseCard}
      key=${id}
      t=${t}
      formats=${words.formats}
      group=${group}
      stays=${stays(group)}
      name=${edits.names[id] ?? group.suggested_folder_name}
      isSkipped=${skipped.has(id)}
      isMerged=${look.merged.has(id)}
      readOnly=${readOnly}
      thumbnail=${(/** @type {string} */ path) => api.thumbnail(path, 0, 256)}
      onName=${(/** @type {string} */ name) => edit({ names: { ...edits.names, [id]: name } })}
      onSkip=${() => toggle(id)}
    />`;
  };
  const nothing = html`<${Notice}
    icon="folder-kanban"
    title=${t('organise.nothing')}
    text=${t('organise.nothing.text')}
    action=${t('organise.again')}
    onAction=${againOf({ plans, store })}
  />`;
  const failed = html`<p class="organise__told" role="alert">
    <${Icon} name="circle-alert" />${told.error}
  </p>`;
  return html`<div class="organise" tabindex="0" role="region" aria-label=${t('organise.preview')}>
    <${PreviewHead} ...${{ edits, look, plans, preview, store, told, words }} />
    ${told.error && failed}
    ${preview.message && html`<p class="organise__told"><${Icon} name="info" />${preview.message}</p>`}
    ${!groups.length && nothing}
    <ul class="organise__cards">${groups.map(card)}</ul>
  </div>`;
}

/**
 * @typedef {Object} Previewed
 * @property {Edits} edits
 * @property {ReturnType<typeof outlook>} look
 * @property {Preview} preview
 * @property {OrganiseState} told
 *
 * @typedef {Pick<Parts, 'plans'|'store'|'words'> & Previewed} HeadProps
 */

/** @param {HeadProps} props */
function PreviewHead(props) {
  const { look, preview, store, words } = props;
  const { t, formats } = words;
  const folders = { count: look.folders, number: formats.number(look.folders) };
  const sum = {
    count: look.files,
    number: formats.number(look.files),
    folders: t('summary.folders', folders),
  };
  return html`<header class="organise__head">
    <div class="organise__words">
      <p><strong>${t('organise.sum', sum)}</strong></p>
      <p class="organise__facts">
        <${Facts} preview=${preview} renamed=${look.renamed} store=${store} words=${words} />
      </p>
    </div>
    ${!store.state.readOnly && html`<${PreviewButtons} ...${props} />`}
  </header>`;
}

/** @param {HeadProps} props */
function PreviewButtons({ edits, look, plans, preview, told, words: { t, formats } }) {
  const [busy, setBusy] = useState(false);
  const carryOut = async () => {
    setBusy(true);
    await plans.carryOut(told.job_id, answerOf(preview, edits.names, new Set(edits.skipped)));
    setBusy(false);
  };
  const discard = () => plans.cancel(told.job_id);
  const again = () => plans.askAgain();
  const counted = { count: look.files, number: formats.number(look.files) };
  return html`<div class="organise__buttons">
    <${Button} label=${t('organise.discard')} kind="is-quiet" onClick=${discard} />
    ${plans.matter && html`<${Button} label=${t('organise.options')} onClick=${again} />`}
    <${Button}
      label=${t(preview.action === 'copy' ? 'organise.doCopy' : 'organise.doMove', counted)}
      kind="is-primary"
      disabled=${busy || !look.files || look.illegal.size > 0}
      onClick=${carryOut}
    />
  </div>`;
}

/** @param {Pick<Parts, 'store'|'words'> & {preview: Preview, renamed: number}} props */
function Facts({ preview, renamed, store, words: { t, formats } }) {
  const { dest_folder: dest, in_place: inPlace, problems } = preview;
  const counted = (/** @type {number} */ count) => ({ count, number: formats.number(count) });
  const isTight = preview.bytes_needed > preview.bytes_free;
  const bytes = {
    needed: formats.bytes(preview.bytes_needed),
    free: formats.bytes(preview.bytes_free),
  };
  const space = t(isTight ? 'organise.tight' : 'organise.space', bytes);
  const showProblems = () => store.set({ dialog: { kind: 'problems', errors: problems } });
  const problemsButton = html`<button type="button" class="link" onClick=${showProblems}>
    ${t('organise.problems', counted(problems.length))}
  </button>`;
  return html`<span title=${dest}>${t('organise.in', { folder: baseName(dest) })}</span>
    ${inPlace > 0 && html`<span>${t('organise.inPlace', counted(inPlace))}</span>`}
    ${renamed > 0 && html`<span>${t('organise.renamed', counted(renamed))}</span>`}
    ${preview.bytes_needed > 0 && html`<span class=${isTight ? 'is-problem' : ''}>${space}</span>`}
    ${problems.length > 0 && problemsButton}
    <span>${t('organise.until', { time: formats.dateTime(preview.expires_time) })}</span>`;
}
