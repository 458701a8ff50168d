import { html, useLayoutEffect, useRef, useState } from '../vendor/preact/standalone.mjs';
import { IconButton } from './button.mjs';
import { Icon } from './icons.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {import('../lib/types.mjs').Suggestion} Suggestion */

/**
 * @typedef {Object} SearchFieldProps
 * @property {Translate} t
 * @property {(value: number) => string} number
 * @property {string} text
 * @property {string} count  how much was found; '' where nothing is searched
 * @property {boolean} byMeaning  what is typed is searched by its meaning
 * @property {() => void} onHelp  the language of the field is to be explained
 * @property {() => void} onMeaning  searches the other way
 * @property {boolean|null} filtering  whether the panel of filters is open; null: there is none here
 * @property {() => void} onFilter
 * @property {string} refused  the server's sentence about what it does not understand
 * @property {(text: string, caret: number) => Promise<Suggestion[]|null>} suggest
 * @property {(text: string) => void} onType
 * @property {(text: string) => void} onSearch  at once
 * @property {(picture: File) => void} onPicture  one that was pasted or dropped here
 * @property {() => void} onLeave  to the pictures
 * @property {(field: HTMLInputElement) => void} onReady
 */

/** Kinds that have a word of their own; a tag may be of a category that only its maker knows. */
const KINDS = {
  saved: 1,
  recent: 1,
  hint: 1,
  field: 1,
  value: 1,
  parameter: 1,
  model: 1,
  lora: 1,
  sampler: 1,
  source: 1,
  size: 1,
  media: 1,
  prompt: 1,
  folder: 1,
  album: 1,
  custom: 1,
};

/** @type {Record<string, string>} */
const ICONS = {
  saved: 'bookmark',
  recent: 'history',
  hint: 'search',
  field: 'sliders-horizontal',
  value: 'sliders-horizontal',
  parameter: 'sliders-horizontal',
  model: 'box',
  lora: 'layers',
  sampler: 'sliders-horizontal',
  folder: 'folder',
  album: 'images',
  custom: 'tag',
};

/** A longer name is shown with its beginning. */
const LONGEST = 40;

/** @param {SearchFieldProps} props */
export function SearchField(props) {
  const { t, text, byMeaning, count, refused } = props;
  const field = useRef(/** @type {HTMLInputElement|null} */ (null));
  const [offer, setOffer] = useState({ items: /** @type {Suggestion[]} */ ([]), at: -1 });
  const [dropping, setDropping] = useState(false);
  const open = offer.items.length > 0;
  useLayoutEffect(() => {
    if (field.current) props.onReady(field.current);
  }, []);
  useLayoutEffect(() => {
    document.getElementById(`suggestion-${offer.at}`)?.scrollIntoView({ block: 'nearest' });
  }, [offer.at]);
  // An answer may come when something else has been typed, chosen or left.
  const turn = useRef(0);
  const close = () => {
    turn.current += 1;
    setOffer({ items: [], at: -1 });
  };
  const ask = async () => {
    turn.current += 1;
    const mine = turn.current;
    const input = field.current;
    const items =
      input &&
      !byMeaning &&
      (await props.suggest(input.value, input.selectionStart ?? input.value.length));
    if (items && mine === turn.current && document.activeElement === input)
      setOffer({ items, at: -1 });
  };
  const clear = () => {
    close();
    props.onSearch('');
    field.current?.focus();
  };
  /** @param {Suggestion} suggestion */
  const choose = (suggestion) => {
    const input = /** @type {HTMLInputElement} */ (field.current);
    close();
    input.value = suggestion.text;
    input.setSelectionRange(suggestion.caret, suggestion.caret);
    input.focus();
    if (suggestion.text.endsWith(':')) {
      props.onType(suggestion.text);
      ask();
    } else props.onSearch(suggestion.text);
  };
  const onInput = () => {
    props.onType(field.current?.value ?? '');
    ask();
  };
  const list = { offer, setOffer, close, choose, ask };
  const label = t('search.suggestions');
  const option = (/** @type {Suggestion} */ item, /** @type {number} */ i) => html`<${Offer}
    key=${`${item.kind} ${item.text}`}
    ...${props}
    item=${item}
    i=${i}
    chosen=${i === offer.at}
    choose=${choose}
  />`;
  const filter = html`<button
    type="button"
    class="button search__filter"
    aria-expanded=${props.filtering}
    title=${t('filter.title')}
    onClick=${props.onFilter}
  >
    <${Icon} name="list-filter" /><span>${t('filter.label')}</span>
  </button>`;
  const drop = {
    onDragOver: (/** @type {DragEvent} */ event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      // A file that is dropped here is searched by, and not uploaded.
      event.preventDefault();
      event.stopPropagation();
      setDropping(true);
    },
    onDragLeave: () => setDropping(false),
    onDrop: (/** @type {DragEvent} */ event) => {
      setDropping(false);
      if (takePicture(event.dataTransfer, props.onPicture)) event.stopPropagation();
      if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
    },
  };
  const onPaste = (/** @type {ClipboardEvent} */ event) => {
    if (takePicture(event.clipboardData, props.onPicture)) event.preventDefault();
  };
  const state = `${refused ? 'is-refused' : ''} ${dropping ? 'is-drop' : ''}`;
  return html`<div class="search" role="search">
    <div class=${`search__box ${state}`} ...${drop}>
      <${Icon} name="search" />
      <input
        ref=${field}
        class="search__field"
        type="text"
        inputmode="search"
        enterkeyhint="search"
        autocomplete="off"
        autocapitalize="off"
        spellcheck=${false}
        role="combobox"
        aria-autocomplete="list"
        aria-expanded=${open}
        aria-controls="suggestions"
        aria-activedescendant=${offer.at >= 0 ? `suggestion-${offer.at}` : null}
        aria-label=${t('search.label')}
        placeholder=${t(byMeaning ? 'search.meaning.hint' : 'search.hint')}
        title=${open ? '' : t('search.title')}
        value=${text}
        aria-invalid=${refused !== ''}
        aria-describedby="search-problem"
        onInput=${onInput}
        onPaste=${onPaste}
        onClick=${() => !field.current?.value && ask()}
        onBlur=${close}
        onKeyDown=${(/** @type {KeyboardEvent} */ event) => onKey(event, props, list, clear)}
      />
      <span class="search__count" aria-live="polite">${count}</span>
 <${IconButton}
        icon="sparkles"
        label=${t('search.meaning')}
        pressed=${byMeaning}
        kind="search__meaning"
        onClick=${props.onMeaning}
      />
      <${IconButton}
        icon="circle-help"
        label=${t('syntax.title')}
        kind="search__help"
        onClick=${props.onHelp}
      />
      ${text && html`<${IconButton} icon="x" label=${t('search.clear')} onClick=${clear} />`}
    </div>
    ${props.filtering !== null && filter}
    <ul id="suggestions" class="suggestions" role="listbox" aria-label=${label} hidden=${!open}>
      ${offer.items.map(option)}
    </ul>
    <p id="search-problem" class="search__problem" role="alert" hidden=${open}>${refused}</p>
  </div>`;
}

/**
 * @param {DataTransfer|null} transfer
 * @param {(picture: File) => void} take
 * @returns {boolean}  whether it holds a picture
 */
function takePicture(transfer, take) {
  const picture = [...(transfer?.files ?? [])].find(({ type }) => type.startsWith('image/'));
  if (picture) take(picture);
  return picture !== undefined;
}

/**
 * @typedef {Object} OfferProps
 * @property {Suggestion} item
 * @property {number} i
 * @property {boolean} chosen
 * @property {(item: Suggestion) => void} choose
 */

/**
 * @param {SearchFieldProps & OfferProps} props
 */
function Offer({ t, number, item, i, chosen, choose }) {
  // Pressed, not clicked: the field must not lose the focus before.
  const onDown = (/** @type {PointerEvent} */ event) => event.preventDefault();
  return html`<li
    id=${`suggestion-${i}`}
    class="suggestion"
    role="option"
    aria-selected=${chosen}
    onPointerDown=${onDown}
    onClick=${() => choose(item)}
  >
    <${Icon} name=${ICONS[item.kind] ?? 'tag'} />
    <span class="suggestion__name" title=${item.name}>${shown(item)}</span>
    <span class="suggestion__kind">${item.kind in KINDS ? t(`search.kind.${item.kind}`) : item.kind}</span>
    <span class="suggestion__count">${item.count > 0 && number(item.count)}</span>
  </li>`;
}

/** @param {Suggestion} item */
function shown({ kind, name }) {
  if (kind === 'field') return `${name}:`;
  return name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name;
}

/**
 * @typedef {{items: Suggestion[], at: number}} Offered  at: the one that is chosen by key; -1: none
 *
 * @typedef {Object} SuggestionList
 * @property {Offered} offer
 * @property {(offer: Offered) => void} setOffer
 * @property {() => void} close
 * @property {(item: Suggestion) => void} choose
 * @property {() => void} ask
 */

/**
 * @param {KeyboardEvent} event
 * @param {SearchFieldProps} props
 * @param {SuggestionList} list
 * @param {() => void} clear
 */
function onKey(event, props, { offer, setOffer, close, choose, ask }, clear) {
  if (event.isComposing) return;
  const { value } = /** @type {HTMLInputElement} */ (event.target);
  const { items, at } = offer;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
  if (step && (items.length || (event.key === 'ArrowDown' && !value))) {
    if (items.length)
      setOffer({
        items,
        at: at + step < -1 ? items.length - 1 : at + step >= items.length ? -1 : at + step,
      });
    else ask();
  } else if ((event.key === 'Enter' || event.key === 'Tab') && at >= 0) choose(items[at]);
  else if (event.key === 'Escape' && items.length) close();
  else if (event.key === 'Escape' && value) clear();
  else if (event.key === 'Escape' || event.key === 'ArrowDown') props.onLeave();
  else if (event.key === 'Enter') {
    close();
    props.onSearch(value);
    props.onLeave();
  } else return;
  event.preventDefault();
}
