import { html, useLayoutEffect, useRef, useState } from '../vendor/preact/standalone.mjs';
import { choicesOf, chosen, countChosen, daysOf, FACET_NAMES, leastStars } from '../lib/facets.mjs';
import { Button, IconButton } from './button.mjs';
import { isOpen, valueOf } from './events.mjs';
import { Icon } from './icons.mjs';
import { Stars } from './stars.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {import('../lib/facets.mjs').Choice} Choice */
/** @typedef {import('../lib/facets.mjs').Facet} Facet */
/** @typedef {import('../lib/facets.mjs').FacetName} FacetName */

/** Values that are shown before all are asked for; a longer list has a field that looks in it. */
const SHOWN = 6;
const LONG = 15;
const EARLIEST = '1900';
/** Facets that are folded away at first. @type {FacetName[]} */
const FOLDED = ['size', 'source', 'param', 'aspect', 'sampler'];

/**
 * @typedef {Object} FilterPanelProps
 * @property {Translate} t
 * @property {import('../lib/format.mjs').Formats} formats
 * @property {string} query
 * @property {import('../lib/facets.mjs').FacetsAnswer|null} facets  null before the first answer
 * @property {boolean} isWanted  the user has just opened it, and goes on there
 * @property {boolean} failed  the counts could not be had
 * @property {(facet: FacetName, term: string) => void} onChoose
 * @property {(stars: number) => void} onRate
 * @property {(from: string, to: string) => void} onDays
 * @property {string} statsHref  address of the statistics of what is found; '' where there are none
 * @property {() => void} onClear
 * @property {() => void} onRetry
 * @property {() => void} onClose
 */

/**
 * What a search can be narrowed down to, beside the pictures.
 * @param {FilterPanelProps} props
 */
export function FilterPanel(props) {
  const { t, facets, failed, query, onClose } = props;
  const panel = useRef(/** @type {HTMLElement|null} */ (null));
  useLayoutEffect(() => {
    const body = /** @type {HTMLElement} */ (panel.current);
    const before = /** @type {HTMLElement|null} */ (document.activeElement);
    if (props.isWanted) body.focus({ preventScroll: true });
    return () => {
      if (body.parentElement?.contains(document.activeElement))
        before?.focus({ preventScroll: true });
    };
  }, []);
  const close = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape' || event.isComposing) return;
    event.preventDefault();
    onClose();
  };
  const parts = FACET_NAMES.map((name) => facets?.facets.find((facet) => facet.name === name));
  const part = (/** @type {Facet|undefined} */ facet) =>
    facet && html`<${FacetPart} key=${facet.name} ...${props} facet=${facet} />`;
  const stats = html`<a class="filters__stats" href=${props.statsHref}>
    <${Icon} name="chart-column" /><span>${t('filter.stats')}</span>
  </a>`;
  const clear = html`<${Button} kind="is-quiet" label=${t('filter.clear')} onClick=${props.onClear} />`;
  // On a narrow screen what lies behind the panel is its own, too.
  const closeOutside = (/** @type {MouseEvent} */ event) => {
    if (event.target === event.currentTarget) onClose();
  };
  const label = t('filter.label');
  return html`<aside
    class="side-panel filters"
    aria-label=${label}
    onKeyDown=${close}
    onClick=${closeOutside}
  >
    <header class="side-panel__head">
      <h2>${label}</h2>
      ${countChosen(query) > 0 && clear}
      <${IconButton} icon="x" label=${t('filter.close')} onClick=${onClose} />
    </header>
    <div class="side-panel__body" ref=${panel} tabindex="-1" role="group" aria-label=${label}>
      ${failed && html`<${Failed} ...${props} />`}
      ${!facets && !failed && html`<p class="filters__hint">${t('filter.loading')}</p>`}
      ${parts.map(part)}
      ${facets && props.statsHref && stats}
    </div>
  </aside>`;
}

/** @param {FilterPanelProps} props */
function Failed({ t, onRetry }) {
  return html`<p class="filters__hint" role="alert">${t('filter.failed')}</p>
    <${Button} label=${t('filter.retry')} onClick=${onRetry} />`;
}

/** @param {FilterPanelProps & {facet: Facet}} props */
function FacetPart(props) {
  const { t, facet, query } = props;
  const name = /** @type {FacetName} */ (facet.name);
  const count = chosen(query, name).length;
  const [open, setOpen] = useState(count > 0 || !FOLDED.includes(name));
  const choices = choicesOf(query, facet);
  if (choices.length === 0 && count === 0) return null;
  const follow = (/** @type {Event} */ event) => setOpen(isOpen(event));
  const badge = html`<span class="facet__chosen">${count}</span>`;
  return html`<details class="facet" open=${open} onToggle=${follow}>
    <summary><h3>${t(`facet.${name}`)}</h3>${count > 0 && badge}</summary>
    ${open && name === 'rating' && html`<${Least} ...${props} />`}
    ${open && name === 'date' && html`<${Days} ...${props} />`}
    ${open && html`<${Choices} ...${props} choices=${choices} />`}
  </details>`;
}

/** @param {FilterPanelProps} props */
function Least({ t, query, onRate }) {
  return html`<div class="facet__least">
    <${Stars} t=${t} rating=${leastStars(query)} onRate=${onRate} />
    <span>${t('filter.atLeast')}</span>
  </div>`;
}

/** @param {FilterPanelProps & {facet: Facet}} props */
function Days({ t, query, facet, onDays }) {
  const { from, to } = daysOf(query);
  const limits = facet.exact ? { min: facet.first, max: facet.last } : {};
  /** @param {string} label @param {string} value @param {(day: string) => void} take */
  const field = (label, value, take) => {
    const onChange = (/** @type {Event} */ event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      // While a year is typed its first digits are a year, too.
      if (input.value === '' || input.value >= EARLIEST) take(input.value);
    };
    return html`<label class="facet__day">
      <span>${label}</span>
      <input type="date" value=${value} ...${limits} onChange=${onChange} />
    </label>`;
  };
  return html`<div class="facet__days">
    ${field(t('filter.from'), from, (day) => onDays(day, to))}
    ${field(t('filter.to'), to, (day) => onDays(from, day))}
  </div>`;
}

/**
 * The values of a facet: the first ones, or all, in which a field looks where they are many.
 * @param {FilterPanelProps & {facet: Facet, choices: Choice[]}} props
 */
function Choices(props) {
  const { t, formats, facet, choices } = props;
  const [all, setAll] = useState(false);
  const [wanted, setWanted] = useState('');
  const name = t(`facet.${facet.name}`);
  const matching = choices.filter((choice) =>
    textOf(props, choice).toLowerCase().includes(wanted.toLowerCase()),
  );
  const shown = all
    ? matching
    : choices.slice(0, Math.max(SHOWN, choices.filter((one) => one.isChosen).length));
  const isLong = all && choices.length > LONG;
  const label = t('filter.find', { facet: name });
  const find = html`<input
    class="facet__find"
    type="search"
    aria-label=${label}
    placeholder=${label}
    value=${wanted}
    onInput=${(/** @type {Event} */ event) => setWanted(valueOf(event))}
  />`;
  const count = formats.number(choices.length);
  const toggle = html`<button
    type="button"
    class="link"
    aria-expanded=${all}
    onClick=${() => setAll(!all)}
  >
    ${t(all ? 'filter.fewer' : 'filter.all', { count: choices.length, number: count })}
  </button>`;
  return html`${isLong && find}
    <ul class="facet__values" aria-label=${name}>
      ${shown.map((choice) => html`<${Value} key=${choice.term} ...${props} choice=${choice} />`)}
    </ul>
    ${all && facet.more && html`<p class="filters__hint">${t('filter.most', { number: count })}</p>`}
    ${choices.length > SHOWN && toggle}`;
}

/** @param {FilterPanelProps & {facet: Facet, choice: Choice}} props */
function Value(props) {
  const { t, formats, facet, choice, onChoose } = props;
  const text = textOf(props, choice);
  const number = choice.count === null ? '' : formats.number(choice.count);
  const choose = () => onChoose(/** @type {FacetName} */ (facet.name), choice.term);
  return html`<li>
    <label class="facet__value">
      <input type="checkbox" checked=${choice.isChosen} onChange=${choose} />
      <span class="facet__name" title=${text}>${text}</span>
      <span class="facet__count">${number && !facet.exact ? t('filter.about', { number }) : number}</span>
    </label>
  </li>`;
}

/**
 * A value as people call it.
 * @param {FilterPanelProps & {facet: Facet}} props
 * @param {Choice} choice
 */
function textOf({ t, formats, facet }, { name }) {
  if (facet.name === 'rating' && /^[0-5]$/.test(name))
    return name === '0' ? t('filter.unrated') : t('marks.stars', { count: Number(name) });
  if (facet.name === 'aspect' && name in SHAPES) return t(`aspect.${name}`);
  if (facet.name === 'type' && name in MEDIA) return t(`media.${name}`);
  const month = facet.name === 'date' && /^(\d{4})-(\d{2})$/.exec(name);
  return month
    ? formats.month(new Date(Number(month[1]), Number(month[2]) - 1, 15).getTime() / 1000)
    : name;
}

const SHAPES = { portrait: 1, landscape: 1, square: 1 };
const MEDIA = { image: 1, video: 1, audio: 1 };
