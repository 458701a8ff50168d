import { html, useLayoutEffect, useRef, useState } from '../vendor/preact/standalone.mjs';
import { groupsOf, stackKind } from '../lib/query.mjs';
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
 * @property {string} hint  what is to be said of the query beside its results
 * @property {(() => void)|null} onMeaning  searches by meaning; null: words find enough
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
  const [menu, setMenu] = useState(/** @type {OpenMenu|null} */ (null));
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
      ...(list.current?.querySelectorAll(typeof to === 'number' ? CHIP : `.is-${to} > ${CHIP}`) ??
        []),
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
  const zone = (/** @type {Group} */ group) => html`<${Zone}
    key=${group}
    ...${props}
    group=${group}
    terms=${groups[group]}
    alone=${group === 'all' && dragged === null}
    dragged=${dragged}
    setDragged=${setDragged}
    onKey=${onChipKey}
    onMenu=${(/** @type {Term} */ term, /** @type {HTMLElement} */ chip) => setMenu({ group, term, chip })}
  />`;
  const shown = GROUPS.filter((group) => groups[group].length > 0 || dragged !== null);
  const save = html`<${IconButton}
    icon="bookmark"
    label=${t(props.saved ? 'search.unsave' : 'search.save')}
    pressed=${props.saved}
    kind="terms__save"
    onClick=${props.onSave}
  />`;
  return html`<div
      class=${`terms ${dragged === null ? '' : 'is-dragging'}`}
      role="group"
      aria-label=${t('search.terms')}
      ref=${list}
      onKeyDown=${onKey}
    >
      ${scope && html`<${Scope} ...${props} name=${scope.name} />`}
      ${!scope && offered && html`<${Offer} ...${props} folder=${offered} />`}
      ${shown.map(zone)}
      ${query && save}
      ${props.hint && html`<span class="terms__hint" role="status" title=${props.hint}>${props.hint}</span>`}
      ${props.onMeaning && html`<${MeaningOffer} t=${t} onClick=${props.onMeaning} />`}
    </div>
    <p class="visually-hidden" role="status">${said}</p>
    ${menu && html`<${TermMenu} t=${t} menu=${menu} onClose=${leaveMenu} onChoose=${choose} />`}`;
}

/** @param {TermsProps & {name: string}} props */
function Scope({ t, name, onScope }) {
  return html`<span class="search-term is-scope">
    <${Icon} name="folder" />
    <span class="search-term__text">${t('scope.in', { name })}</span>
    <${Remove} label=${t('scope.everywhere')} onClick=${() => onScope(null)} />
  </span>`;
}

/** @param {{t: Translate, onClick: () => void}} props */
function MeaningOffer({ t, onClick }) {
  return html`<button type="button" class="search-term is-offer" onClick=${onClick}>
    <${Icon} name="sparkles" />
    <span class="search-term__text">${t('search.meaning')}</span>
  </button>`;
}

/** @param {TermsProps & {folder: {name: string, path: string}}} props */
function Offer({ t, folder, onScope }) {
  return html`<button type="button" class="search-term is-offer" onClick=${() => onScope(folder.path)}>
    <${Icon} name="folder" />
    <span class="search-term__text">${t('scope.only', { name: folder.name })}</span>
  </button>`;
}

/**
 * @typedef {{group: Group, term: Term, chip: HTMLElement}} OpenMenu
 * @typedef {Object} TermMenuProps
 * @property {Translate} t
 * @property {OpenMenu} menu
 * @property {() => void} onClose
 * @property {(id: string) => void} onChoose
 */

/**
 * Where a term can be moved to.
 * @param {TermMenuProps} props
 */
function TermMenu({ t, menu: { chip, group: own, term }, onClose, onChoose }) {
  const groups = GROUPS.map((group) => ({
    id: group,
    icon: group === own ? 'check' : '',
    label: t(`search.in.${group}`),
    checked: group === own,
  }));
  const remove = { id: REMOVE, icon: 'x', label: t('search.remove', { term: term.text }) };
  return html`<${Menu}
    label=${term.text}
    title=${term.text}
    ...${below(chip)}
    onClose=${onClose}
    onChoose=${onChoose}
    groups=${[groups, [remove]]}
  />`;
}

/** @param {Element} chip */
function below(chip) {
  const { left, bottom } = chip.getBoundingClientRect();
  return { x: left, y: bottom + 4 };
}

/**
 * @typedef {Object} Zoned
 * @property {Group} group
 * @property {Term[]} terms
 * @property {boolean} alone
 * @property {number|null} dragged
 * @property {(start: number|null) => void} setDragged
 * @property {(event: KeyboardEvent, group: Group, term: Term) => void} onKey
 * @property {(term: Term, chip: HTMLElement) => void} onMenu
 *
 * @typedef {TermsProps & Zoned} ZoneProps
 */

/**
 * The terms of one group, on which others can be dropped.
 * @param {ZoneProps} props
 */
function Zone(props) {
  const { t, group, terms, alone, dragged, setDragged, onMove } = props;
  const [over, setOver] = useState(false);
  /** @param {DragEvent} event */
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    setDragged(null);
    if (dragged !== null) onMove(dragged, group);
  };
  /** @param {DragEvent} event */
  const dragOver = (event) => {
    if (dragged === null) return;
    event.preventDefault();
    setOver(true);
  };
  const name = t(`search.in.${group}`);
  const chip = (/** @type {Term} */ term) =>
    html`<${Chip} key=${`${term.start} ${term.text}`} ...${props} term=${term} />`;
  return html`<div
    class=${`terms__zone is-${group} ${over ? 'is-over' : ''}`}
    role="group"
    aria-label=${name}
    onDragOver=${dragOver}
    onDragLeave=${() => setOver(false)}
    onDrop=${drop}
  >
    ${!alone && html`<span class="terms__label" aria-hidden="true">${name}</span>`}
    ${terms.map(chip)}
  </div>`;
}

/** @param {ZoneProps & {term: Term}} props */
function Chip({ t, group, term, setDragged, onKey, onMenu, onRemove }) {
  /** @param {DragEvent} event */
  const start = (event) => {
    event.dataTransfer?.setData('text/plain', term.text);
    // Later: what is dragged must not change before the browser has taken its picture.
    setTimeout(() => setDragged(term.start));
  };
  /** @param {MouseEvent} event */
  const openMenu = (event) => onMenu(term, /** @type {HTMLElement} */ (event.currentTarget));
  const sign = group === 'any' && term.negated ? '-' : '';
  const field = term.field && html`<span class="search-term__field">${term.field}</span>`;
  const stack = term.field === 'stack' ? stackKind(term.value) : null;
  const value = stack ? t(`stack.one.${stack}`) : term.value;
  const text = term.isPattern ? term.text : value;
  return html`<span
    class=${`search-term is-${group}`}
    draggable="true"
    onDragStart=${start}
    onDragEnd=${() => setDragged(null)}
  >
    <button
      type="button"
      class="search-term__text"
      aria-haspopup="menu"
      title=${t('search.term')}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => onKey(event, group, term)}
      onClick=${openMenu}
    >
      ${sign}${field} ${text}
    </button>
    <${Remove} label=${t('search.remove', { term: term.text })} onClick=${() => onRemove(term.start)} />
  </span>`;
}

/** @param {{label: string, onClick: () => void}} props */
function Remove({ label, onClick }) {
  return html`<button
    type="button"
    class="search-term__remove"
    title=${label}
    aria-label=${label}
    onClick=${onClick}
  >
    <${Icon} name="x" />
  </button>`;
}
