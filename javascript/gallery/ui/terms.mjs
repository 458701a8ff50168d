import { html, useRef, useState } from '../vendor/preact/standalone.mjs';
import { groupsOf } from '../lib/query.mjs';
import { IconButton } from './button.mjs';
import { Icon } from './icons.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {import('../lib/query.mjs').Group} Group */
/** @typedef {import('../lib/query.mjs').Term} Term */

/** @type {Group[]} */
const GROUPS = ['all', 'any', 'none'];

/**
 * @typedef {Object} TermsProps
 * @property {Translate} t
 * @property {string} query
 * @property {{name: string, path: string}|null} scope  folder in which is searched
 * @property {{name: string, path: string}|null} offered  folder to which the search could be narrowed
 * @property {boolean} saved
 * @property {(start: number, to: Group) => void} onMove
 * @property {(start: number) => void} onRemove
 * @property {(path: string|null) => void} onScope
 * @property {() => void} onSave
 */

/**
 * The terms of a search as chips that can be dragged, or pressed, between what must, may and must not be there.
 * @param {TermsProps} props
 */
export function Terms(props) {
  const { t, query, scope, offered } = props;
  const [dragged, setDragged] = useState(/** @type {number|null} */ (null));
  const groups = groupsOf(query);
  const list = useRef(/** @type {HTMLElement|null} */ (null));
  /** @param {KeyboardEvent} event  arrows walk through the chips and their buttons */
  const onKey = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const buttons = [...list.current?.querySelectorAll('button') ?? []];
    const at = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    if (!step || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    buttons[at + step]?.focus();
  };
  return html`<div class=${`terms ${dragged === null ? '' : 'is-dragging'}`} role="group" aria-label=${t('search.terms')} ref=${list} onKeyDown=${onKey}>
    ${scope && html`<span class="search-term is-scope"><${Icon} name="folder" /><span class="search-term__text">${t('scope.in', { name: scope.name })}</span>
      <${Remove} label=${t('scope.everywhere')} onClick=${() => props.onScope(null)} /></span>`}
    ${!scope && offered && html`<button type="button" class="search-term is-offer" onClick=${() => props.onScope(offered.path)}>
      <${Icon} name="folder" /><span class="search-term__text">${t('scope.only', { name: offered.name })}</span></button>`}
    ${GROUPS.map((group) => (groups[group].length > 0 || dragged !== null) && html`<${Zone} key=${group} ...${props} group=${group} terms=${groups[group]}
      alone=${group === 'all' && dragged === null} dragged=${dragged} setDragged=${setDragged} />`)}
    ${query && html`<${IconButton} icon="bookmark" label=${t(props.saved ? 'search.unsave' : 'search.save')} pressed=${props.saved} kind="terms__save"
      onClick=${props.onSave} />`}
  </div>`;
}

/** @param {TermsProps & {group: Group, terms: Term[], alone: boolean, dragged: number|null, setDragged: (start: number|null) => void}} props */
function Zone({ t, group, terms, alone, dragged, setDragged, onMove, onRemove }) {
  const [over, setOver] = useState(false);
  /** @param {DragEvent} event */
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    setDragged(null);
    if (dragged !== null) onMove(dragged, group);
  };
  return html`<div class=${`terms__zone is-${group} ${over ? 'is-over' : ''}`} role="group" aria-label=${t(`search.in.${group}`)}
    onDragOver=${(/** @type {DragEvent} */ event) => { if (dragged !== null) { event.preventDefault(); setOver(true); } }}
    onDragLeave=${() => setOver(false)} onDrop=${drop}>
    ${!alone && html`<span class="terms__label" aria-hidden="true">${t(`search.in.${group}`)}</span>`}
    ${terms.map((term) => {
      const next = GROUPS[(GROUPS.indexOf(group) + 1) % GROUPS.length];
      return html`<span key=${`${term.start} ${term.text}`} class=${`search-term is-${group}`} draggable="true"
        onDragStart=${(/** @type {DragEvent} */ event) => {
          event.dataTransfer?.setData('text/plain', term.text);
          // Later: what is dragged must not change before the browser has taken its picture.
          setTimeout(() => setDragged(term.start));
        }} onDragEnd=${() => setDragged(null)}>
        <button type="button" class="search-term__text" title=${t('search.moveTo', { group: t(`search.in.${next}`) })} onClick=${() => onMove(term.start, next)}>
          ${group === 'any' && term.negated ? '-' : ''}${term.field && html`<span class="search-term__field">${term.field}</span>`} ${term.isPattern ? term.text : term.value}
        </button>
        <${Remove} label=${t('search.remove', { term: term.text })} onClick=${() => onRemove(term.start)} />
      </span>`;
    })}
  </div>`;
}

/** @param {{label: string, onClick: () => void}} props */
function Remove({ label, onClick }) {
  return html`<button type="button" class="search-term__remove" title=${label} aria-label=${label} onClick=${onClick}><${Icon} name="x" /></button>`;
}
