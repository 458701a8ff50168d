import { html, useEffect, useRef, useState } from '../vendor/preact/standalone.mjs';
import { ApiError } from '../api/transport.mjs';
import { baseName } from '../lib/paths.mjs';
import { Button } from '../ui/button.mjs';
import { Dialog, DialogButtons } from '../ui/dialog.mjs';
import { valueOf } from '../ui/events.mjs';

/** @typedef {import('../api/operations.mjs').FilesRenamed} FilesRenamed */
/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('./subject.mjs').Subject} Subject */

/**
 * @typedef {Pick<Parts, 'api'|'fileOperations'|'words'>} Needs
 * @typedef {Needs & {subject: Subject, onClose: () => void}} Props
 * @typedef {{pattern: string, plan: FilesRenamed|null, problem: string}} Planned
 */

/** What can stand in a pattern; the server has the same. */
const FIELDS = [
  '{name}',
  '{n}',
  '{n:3}',
  '{date}',
  '{date:%Y-%m}',
  '{model}',
  '{sampler}',
  '{size}',
  '{source}',
  '{tag}',
  '{rating}',
];
/** So many names are shown before they are given. */
const SHOWN = 8;
const PAUSE_MS = 200;

/**
 * Gives several files names by a pattern, shown before for the first of them.
 * @param {Props} props
 */
export function RenameDialog({ api, fileOperations, subject, words, onClose }) {
  const { t, formats } = words;
  const field = useRef(/** @type {HTMLInputElement|null} */ (null));
  const [pattern, setPattern] = useState('{name}');
  const { plan, problem, ...shown } = usePlan(api, subject, pattern);
  const counted = (/** @type {number} */ count) => ({ count, number: formats.number(count) });
  const insert = (/** @type {string} */ text) => {
    const { current: input } = field;
    if (!input) return;
    input.setRangeText(text, input.selectionStart ?? 0, input.selectionEnd ?? 0, 'end');
    input.focus();
    setPattern(input.value);
  };
  // What was typed since is not shown yet, so it is not done either.
  const count = (shown.pattern === pattern && plan?.renamed.length) || 0;
  const submit = () => {
    if (!count) return;
    onClose();
    fileOperations.renameMany(subject, pattern);
  };
  const dismiss = t('dialog.cancel');
  const title = t('rename.title', counted(subject.count));
  const chip = (/** @type {string} */ text) =>
    html`<button key=${text} type="button" class="chip" onClick=${() => insert(text)}>${text}</button>`;
  return html`<${Dialog} title=${title} dismiss=${dismiss} onClose=${onClose} onSubmit=${submit}>
    <label class="field">
      <span>${t('rename.pattern')}</span>
      <input
        ref=${field}
        type="text"
        autocomplete="off"
        spellcheck=${false}
        maxlength="300"
        autofocus
        value=${pattern}
        onInput=${(/** @type {Event} */ event) => setPattern(valueOf(event))}
      />
    </label>
    <div class="chips rename__fields" role="group" aria-label=${t('rename.fields')}>
      ${FIELDS.map(chip)}
    </div>
    <${Preview} items=${subject.items} plan=${plan} words=${words} />
    <p class="form__hint" role="status">${problem || aboutOf(plan, t, counted)}</p>
    <${DialogButtons}>
      <${Button} label=${dismiss} onClick=${onClose} />
      <${Button} label=${t('action.rename')} kind="is-primary" submit=${true} disabled=${!count} />
    <//>
  <//>`;
}

/**
 * What the pattern would do, as the server says it.
 * @param {Parts['api']} api
 * @param {Subject} subject
 * @param {string} pattern
 */
function usePlan(api, subject, pattern) {
  const [found, setFound] = useState(
    /** @type {Planned} */ ({ pattern: '', plan: null, problem: '' }),
  );
  useEffect(() => {
    let isWanted = true;
    const ask = async () => {
      try {
        const plan = await api.planRename(await subject.about(), pattern);
        if (isWanted) setFound({ pattern, plan, problem: '' });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (isWanted) setFound({ pattern, plan: null, problem: error.message });
      }
    };
    const timer = setTimeout(ask, PAUSE_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [pattern]);
  return found;
}

/**
 * What the names say nothing of: that none changes, that there are more, and which stay.
 * @param {FilesRenamed|null} plan
 * @param {Parts['words']['t']} t
 * @param {(count: number) => {count: number, number: string}} counted
 */
function aboutOf(plan, t, counted) {
  if (!plan) return '';
  const { errors, renamed } = plan;
  if (!renamed.length && !errors.length) return t('rename.none');
  const more = renamed.length - SHOWN;
  const texts = [
    more > 0 ? t('rename.more', counted(more)) : '',
    errors.length ? t('rename.stay', counted(errors.length)) : '',
  ];
  return texts.filter(Boolean).join(' ');
}

/**
 * The names before and after; while none changes, those that are there.
 * @param {{items: Item[], plan: FilesRenamed|null, words: Parts['words']}} props
 */
function Preview({ items, plan, words: { t } }) {
  const taken = (plan?.errors ?? []).slice(0, SHOWN / 2);
  const renamed = (plan?.renamed ?? []).slice(0, SHOWN);
  const kept = taken.length || renamed.length ? [] : items.slice(0, SHOWN);
  return html`<ol class="rename__names" aria-label=${t('rename.preview')}>
    ${kept.map(({ name, path }) => html`<li key=${path}><span>${name}</span></li>`)}
    ${taken.map(
      ({ code, error, path }) =>
        html`<li key=${path} class="is-taken">
          <span>${baseName(path)}</span>
          <span>${code === 'NameTaken' ? t('rename.taken') : error}</span>
        </li>`,
    )}
    ${renamed.map(
      ({ dest_path: to, src_path: from }) =>
        html`<li key=${from}><span>${baseName(from)}</span><ins>${baseName(to)}</ins></li>`,
    )}
  </ol>`;
}
