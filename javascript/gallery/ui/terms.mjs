import { html, useLayoutEffect, useRef, useState } from '../vendor/preact/standalone.mjs';
import { groupsOf } from '../lib/query.mjs';
import { IconButton } from './button.mjs';
import { Icon } from './icons.mjs';
import { Menu } from './menu.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {import('../lib/query.mjs').Group} Group */
/** @typedef {import('../lib/query.mjs').Term} Term */

/** @type {Group[]} */
const GROUPS = ['all', 'any', 'none'];

const REMOVE = 'remove';
const CHIP = '.search-term > button.search-term__text';

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
 * @property {() => void} onEmpty  the last term goes, and the focus with it
 */

/**
 * The terms of a search as chips between what must, may and must not be there: dragged, moved by
 * keys, or by a menu.
 * @param {TermsProps} props
 */
export function Terms(props) {
  const { t, query, scope, offered } = props;
  const [dragged, setDragged] = useState(/** @type {number|null} */ (null));
  const [menu, setMenu] = useState(/** @type {{group: Group, term: Term, chip: HTMLElement}|null} */ (null));
  const [said, setSaid] = useState('');
  /**
   * Which chip has the focus once the search is another: the last of a group, or the one at a
   * place.
   * @type {{current: Group|number|null}}
   */
  const wanted = useRef(null);
  const groups = groupsOf(query);
  const list = useRef(/** @type {HTMLElement|null} */ (null));
  useLayoutEffect(() => {
    const to = wanted.current;
    wanted.current = null;
    if (to === null) return;
    const chips = /** @type {HTMLElement[]} */ ([
      ...(list.current?.querySelectorAll(typeof to === 'number' ? CHIP : `.is-${to} > ${CHIP}`) ?? []),
    ]);
    chips.at(typeof to === 'number' ? Math.min(to, chips.length - 1) : -1)?.focus();
  }, [query]);

  /**
   * @param {Term} term
   * @param {Group} to
   */
  const move = (term, to) => {
    wanted.current = to;
    setSaid(t('search.moved', { term: term.text, group: t(`search.in.${to}`) }));
    props.onMove(term.start, to);
  };
  /**
   * @param {Term} term
   * @param {HTMLElement} chip
   */
  const remove = (term, chip) => {
    const chips = [...(list.current?.querySelectorAll(CHIP) ?? [])];
    if (chips.length === 1) props.onEmpty();
    else wanted.current = chips.indexOf(chip);
    setSaid(t('search.removed', { term: term.text }));
    props.onRemove(term.start);
  };
  /** @param {KeyboardEvent} event  arrows walk through the chips and their buttons */
  const onKey = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])];
    const at = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    if (!step || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    buttons[at + step]?.focus();
  };
  /**
   * @param {KeyboardEvent} event
   * @param {Group} group
   * @param {Term} term
   */
  const onChipKey = (event, group, term) => {
    const chip = /** @type {HTMLElement} */ (event.currentTarget);
    const to = GROUPS[GROUPS.indexOf(group) + ({ ArrowDown: 1, ArrowUp: -1 }[event.key] ?? NaN)];
    if (to) move(term, to);
    else if (event.key === 'Delete' || event.key === 'Backspace') remove(term, chip);
    else if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    event.stopPropagation();
  };
  const leaveMenu = () => {
    menu?.chip.focus();
    setMenu(null);
  };
  /** @param {string} id */
  const choose = (id) => {
    if (!menu) return;
    leaveMenu();
    if (id === REMOVE) remove(menu.term, menu.chip);
    else if (id !== menu.group) move(menu.term, /** @type {Group} */ (id));
  };
  return html`<div class=${`terms ${dragged === null ? '' : 'is-dragging'}`} role="group" aria-label=${t('search.terms')} ref=${list} onKeyDown=${onKey}>
    ${
      scope &&
      html`<span class="search-term is-scope"><${Icon} name="folder" /><span class="search-term__text">${t('scope.in', { name: scope.name })}</span>
      <${Remove} label=${t('scope.everywhere')} onClick=${() => props.onScope(null)} /></span>`
    }
    ${
      !scope &&
      offered &&
      html`<button type="button" class="search-term is-offer" onClick=${() => props.onScope(offered.path)}>
      <${Icon} name="folder" /><span class="search-term__text">${t('scope.only', { name: offered.name })}</span></button>`
    }
    ${GROUPS.map(
      (group) =>
        (groups[group].length > 0 || dragged !== null) &&
        html`<${Zone} key=${group} ...${props} group=${group} terms=${groups[group]}
      alone=${group === 'all' && dragged === null} dragged=${dragged} setDragged=${setDragged} onKey=${onChipKey}
      onMenu=${(/** @type {Term} */ term, /** @type {HTMLElement} */ chip) => setMenu({ group, term, chip })} />`,
    )}
    ${
      query &&
      html`<${IconButton} icon="bookmark" label=${t(props.saved ? 'search.unsave' : 'search.save')} pressed=${props.saved} kind="terms__save"
      onClick=${props.onSave} />`
    }
  </div>
  <p class="visually-hidden" role="status">${said}</p>
  ${
    menu &&
    html`<${Menu} label=${menu.term.text} title=${menu.term.text} ...${below(menu.chip)} onClose=${leaveMenu} onChoose=${choose} groups=${[
      GROUPS.map((group) => ({
        id: group,
        icon: group === menu.group ? 'check' : '',
        label: t(`search.in.${group}`),
        checked: group === menu.group,
      })),
      [{ id: REMOVE, icon: 'x', label: t('search.remove', { term: menu.term.text }) }],
    ]} />`
  }`;
}

/** @param {Element} chip */
function below(chip) {
  const { left, bottom } = chip.getBoundingClientRect();
  return { x: left, y: bottom + 4 };
}

/**
 * @param {TermsProps & {group: Group, terms: Term[], alone: boolean, dragged: number|null, setDragged: (start: number|null) => void,
 * onKey: (event: KeyboardEvent, group: Group, term: Term) => void, onMenu: (term: Term, chip:
 * HTMLElement) => void}} props
 */
function Zone({ t, group, terms, alone, dragged, setDragged, onKey, onMenu, onMove, onRemove }) {
  const [over, setOver] = useState(false);
  /** @param {DragEvent} event */
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    setDragged(null);
    if (dragged !== null) onMove(dragged, group);
  };
  return html`<div class=${`terms__zone is-${group} ${over ? 'is-over' : ''}`} role="group" aria-label=${t(`search.in.${group}`)}
    onDragOver=${(/** @type {DragEvent} */ event) => {
      if (dragged !== null) {
        event.preventDefault();
        setOver(true);
      }
    }}
    onDragLeave=${() => setOver(false)} onDrop=${drop}>
    ${!alone && html`<span class="terms__label" aria-hidden="true">${t(`search.in.${group}`)}</span>`}
    ${terms.map(
      (
        term,
      ) => html`<span key=${`${term.start} ${term.text}`} class=${`search-term is-${group}`} draggable="true"
        onDragStart=${(/** @type {DragEvent} */ event) => {
          event.dataTransfer?.setData('text/plain', term.text);
          // Later: what is dragged must not change before the browser has taken its picture.
          setTimeout(() => setDragged(term.start));
        }} onDragEnd=${() => setDragged(null)}>
        <button type="button" class="search-term__text" aria-haspopup="menu" title=${t('search.term')}
          onKeyDown=${(/** @type {KeyboardEvent} */ event) => onKey(event, group, term)}
          onClick=${(/** @type {MouseEvent} */ event) => onMenu(term, /** @type {HTMLElement} */ (event.currentTarget))}>
          ${group === 'any' && term.negated ? '-' : ''}${term.field && html`<span class="search-term__field">${term.field}</span>`} ${term.isPattern ? term.text : term.value}
        </button>
        <${Remove} label=${t('search.remove', { term: term.text })} onClick=${() => onRemove(term.start)} />
      </span>`,
    )}
  </div>`;
}

/** @param {{label: string, onClick: () => void}} props */
function Remove({ label, onClick }) {
  return html`<button type="button" class="search-term__remove" title=${label} aria-label=${label} onClick=${onClick}><${Icon} name="x" /></button>`;
}
