import { html, useEffect, useLayoutEffect, useRef } from '../vendor/preact/standalone.mjs';
import { foldersOf, keyOf, RULES, STRICTNESSES } from '../lib/duplicates.mjs';
import { baseName } from '../lib/paths.mjs';
import { Button } from '../ui/button.mjs';
import { valueOf } from '../ui/events.mjs';
import { Icon } from '../ui/icons.mjs';
import { Notice } from '../ui/notice.mjs';
import { DuplicateCard } from './duplicate-card.mjs';
import { choiceIn, KINDS, leftOf, openGroups, stageText } from './found.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/duplicates.mjs').Rule} Rule */
/** @typedef {import('../lib/duplicates.mjs').Strictness} Strictness */
/** @typedef {import('../lib/types.mjs').DuplicateGroup} DuplicateGroup */
/** @typedef {import('../lib/types.mjs').DuplicateKind} DuplicateKind */
/** @typedef {import('./found.mjs').Found} Found */
/** @typedef {Pick<Parts, 'api'|'duplicates'|'duplicateGroups'|'jobs'|'navigation'|'store'|'words'>} Needs */

/** The next groups are read when the end is this near. */
const NEAR = '1200px';

/**
 * Duplicates side by side, and what can be done with them; or how far the search for them is.
 * @param {Needs} props
 */
export function DuplicatesView(props) {
  const { duplicates: found } = props.store.state;
  if (!found) return null;
  if (found.work) return html`<${Searching} ...${props} found=${found} />`;
  if (!found.totals) return html`<${NotSearched} ...${props} found=${found} />`;
  if (!found.totals.count) return html`<${NothingFound} ...${props} found=${found} />`;
  if (!leftOf(found).count) return html`<${AllSettled} ...${props} />`;
  return html`<${Groups} ...${props} found=${found} />`;
}

/** @param {Needs & {found: Found}} props */
function Searching({ found, jobs, store, words }) {
  const { t } = words;
  const { job, work } = found;
  if (!work) return null;
  const text = stageText(work, words);
  const running = jobs.find(job);
  const cancel = html`<${Button}
    label=${t('jobs.cancel')}
    disabled=${running?.isEnding ?? true}
    onClick=${() => running && jobs.end(running)}
  />`;
  return html`<section class="notice duplicates__busy" role="status">
    <${Icon} name="copy-check" />
    <h2>${t('duplicates.looking')}</h2>
    <progress max="1" value=${work.part} aria-label=${text}></progress>
    <p>${text}</p>
    ${work.message && html`<p>${work.message}</p>`}
    <p>${t('duplicates.looking.text')}</p>
    ${!store.state.readOnly && cancel}
  </section>`;
}

/** @param {Needs & {found: Found}} props */
function NotSearched({ duplicates, found: { error, isCancelled, job, totals }, words: { t } }) {
  const isGone = !isCancelled && job !== '' && !totals;
  const title = t(isCancelled ? 'duplicates.cancelled' : 'duplicates.failed');
  return html`<${Notice}
    icon="copy-check"
    title=${title}
    text=${isCancelled ? t('duplicates.cancelled.text') : error}
    action=${t(isGone ? 'duplicates.again' : 'duplicates.look')}
    onAction=${() => duplicates.findAgain()}
  />`;
}

/** @param {Needs & {found: Found}} props */
function NothingFound(props) {
  const { duplicates, found, words } = props;
  const { t, formats } = words;
  const failed = found.totals?.failed ?? 0;
  const text = failed
    ? t('duplicates.failedFiles', { count: failed, number: formats.number(failed) })
    : t(found.folder ? 'duplicates.none.folder' : 'duplicates.none.text');
  return html`<${Notice}
    icon="copy-check"
    title=${t('duplicates.none')}
    text=${text}
    action=${t('duplicates.again')}
    onAction=${() => duplicates.findAgain()}
  >
    <${StrictnessChoice} ...${props} />
  <//>`;
}

/** @param {Needs} props */
function AllSettled({ duplicates, words: { t } }) {
  return html`<${Notice}
    icon="check"
    title=${t('duplicates.done')}
    text=${t('duplicates.done.text')}
    action=${t('duplicates.again')}
    onAction=${() => duplicates.findAgain()}
  />`;
}

/** @param {Needs & {found: Found}} props */
function Groups(props) {
  const { duplicates, found, words } = props;
  const groups = openGroups(found);
  const list = useRef(/** @type {HTMLElement|null} */ (null));
  useLayoutEffect(() => {
    if (!found.moves) return;
    const all = /** @type {HTMLElement[]} */ ([
      ...(list.current?.querySelectorAll('[data-group]') ?? []),
    ]);
    const card = all.find((element) => element.dataset.group === found.current);
    card?.focus({ preventScroll: true });
    card?.scrollIntoView({ block: 'nearest' });
  }, [found.moves]);
  const card = (/** @type {DuplicateGroup} */ group) =>
    html`<${DuplicateCard}
      key=${keyOf(group)}
      ...${props}
      group=${group}
      choice=${choiceIn(found, group)}
      isOwn=${keyOf(group) in found.choices}
      isCurrent=${keyOf(group) === found.current}
    />`;
  const none = html`<p class="duplicates__empty">${words.t('duplicates.noneOfKind')}</p>`;
  const more = html`<${More} key=${found.next} onNear=${() => duplicates.readMore()} words=${words} />`;
  return html`<div class="duplicates">
    <${Head} ...${props} groups=${groups} />
    <div class="duplicates__scroll" tabindex="0" role="region" aria-label=${words.t('view.duplicates')}>
      ${!groups.length && !found.next && none}
      <ul ref=${list} class="duplicates__groups">${groups.map(card)}</ul>
      ${found.next && more}
    </div>
  </div>`;
}

/**
 * The end of what was read: the next groups are read when it comes near.
 * @param {{onNear: () => void, words: Parts['words']}} props
 */
function More({ onNear, words: { t } }) {
  const mark = useRef(/** @type {HTMLElement|null} */ (null));
  useEffect(() => {
    const root = mark.current?.closest('.duplicates__scroll');
    const options = { root, rootMargin: NEAR };
    const observer = new IntersectionObserver(
      (entries) => entries.some((one) => one.isIntersecting) && onNear(),
      options,
    );
    if (mark.current) observer.observe(mark.current);
    return () => observer.disconnect();
  }, []);
  return html`<p ref=${mark} class="duplicates__more">
    <button type="button" class="link" onClick=${onNear}>${t('duplicates.more')}</button>
  </p>`;
}

/** @param {Needs & {found: Found, groups: DuplicateGroup[]}} props */
function Head(props) {
  const { duplicateGroups, found, store, words } = props;
  const { t, formats } = words;
  const left = leftOf(found);
  const counted = (/** @type {number} */ count) => ({ count, number: formats.number(count) });
  const failed = found.totals?.failed ?? 0;
  const facts = [
    t('duplicates.canGo', { ...counted(left.files), size: formats.bytes(left.bytes) }),
    failed ? t('duplicates.failedFiles', counted(failed)) : '',
  ];
  const shown = found.kind ? left.kinds[found.kind] : left.count;
  const apartButton = html`<${Button}
    label=${t('duplicates.apart.list')}
    kind="is-quiet"
    onClick=${() => store.set({ dialog: { kind: 'apart' } })}
  />`;
  const resolveButton = html`<${Button}
    label=${t('duplicates.resolveAll', counted(shown))}
    kind="is-primary"
    disabled=${!shown}
    onClick=${() => duplicateGroups.askToResolveAll()}
  />`;
  return html`<header class="duplicates__head">
    <div class="duplicates__words">
      <p><strong>${t('duplicates.found', counted(left.count))}</strong></p>
      <p class="duplicates__facts">${facts.filter(Boolean).join(' · ')}</p>
    </div>
    <${Filters} ...${props} />
    <${StrictnessChoice} ...${props} />
    ${!store.state.readOnly && html`<${Rules} ...${props} />`}
    <div class="duplicates__buttons">
      ${!store.state.readOnly && apartButton}
      ${!store.state.readOnly && resolveButton}
    </div>
  </header>`;
}

/** @param {Needs & {found: Found}} props */
function Filters({ duplicates, found, words: { t, formats } }) {
  const { count, kinds } = leftOf(found);
  /** @type {(DuplicateKind|'')[]} */
  const all = ['', ...KINDS];
  const filter = (/** @type {DuplicateKind|''} */ kind) => html`<button
    type="button"
    class="toggle"
    aria-pressed=${found.kind === kind}
    onClick=${() => duplicates.show(kind)}
  >
    ${t(`duplicates.kind.${kind || 'all'}`)} <span>${formats.number(kind ? kinds[kind] : count)}</span>
  </button>`;
  return html`<div class="duplicates__kinds" role="group" aria-label=${t('duplicates.kinds')}>
    ${all.map(filter)}
  </div>`;
}

/**
 * How alike duplicates must be; another choice searches again.
 * @param {Needs} props
 */
function StrictnessChoice({ duplicates, words: { t } }) {
  const option = (/** @type {Strictness} */ one) =>
    html`<option key=${one} value=${one} selected=${duplicates.strictness === one}>
      ${t(`duplicates.strictness.${one}`)}
    </option>`;
  const choose = (/** @type {Event} */ event) =>
    duplicates.compare(/** @type {Strictness} */ (valueOf(event)));
  return html`<label class="duplicates__rule" title=${t('duplicates.strictness.title')}>
    <span aria-hidden="true">${t('duplicates.strictness')}</span>
    <select
      class="select is-field"
      aria-label=${t('duplicates.strictness')}
      onChange=${choose}
    >
      ${STRICTNESSES.map(option)}
    </select>
  </label>`;
}

/** @param {Needs & {found: Found, groups: DuplicateGroup[]}} props */
function Rules({ duplicateGroups, found, groups, words: { t } }) {
  const { rule } = found;
  const folders = new Set(foldersOf(groups));
  if (rule.startsWith('in:')) folders.add(rule.slice(3));
  const option = (/** @type {Rule} */ one) =>
    html`<option key=${one} value=${one} selected=${rule === one}>${t(`duplicates.rule.${one}`)}</option>`;
  const folderOption = (/** @type {string} */ folder) =>
    html`<option key=${folder} value=${`in:${folder}`} selected=${rule === `in:${folder}`} title=${folder}>
      ${t('duplicates.rule.in', { folder: baseName(folder) })}
    </option>`;
  return html`<label class="duplicates__rule" title=${t('duplicates.rule.title')}>
    <span aria-hidden="true">${t('duplicates.rule')}</span>
    <select
      class="select is-field"
      aria-label=${t('duplicates.rule')}
      onChange=${(/** @type {Event} */ event) => duplicateGroups.keepBy(/** @type {Rule} */ (valueOf(event)))}
    >
      ${RULES.map(option)}${[...folders].map(folderOption)}
    </select>
  </label>`;
}
