import { html, useLayoutEffect, useRef } from '../vendor/preact/standalone.mjs';
import { IconButton } from './button.mjs';
import { Icon } from './icons.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

/**
 * @typedef {Object} SearchFieldProps
 * @property {Translate} t
 * @property {string} text
 * @property {string} count  how much was found; '' where nothing is searched
 * @property {string} refused  the server's sentence about what it does not understand
 * @property {(text: string) => void} onType
 * @property {(text: string) => void} onSearch  at once
 * @property {() => void} onLeave  to the pictures
 * @property {(field: HTMLInputElement) => void} onReady
 */

/** @param {SearchFieldProps} props */
export function SearchField(props) {
  const { t, text, count, refused } = props;
  const field = useRef(/** @type {HTMLInputElement|null} */ (null));
  useLayoutEffect(() => {
    if (field.current) props.onReady(field.current);
  }, []);
  const clear = () => {
    props.onSearch('');
    field.current?.focus();
  };
  return html`<div class="search" role="search">
    <div class=${`search__box ${refused ? 'is-refused' : ''}`}>
      <${Icon} name="search" />
      <input ref=${field} class="search__field" type="text" inputmode="search" enterkeyhint="search" autocomplete="off" autocapitalize="off"
        spellcheck=${false} aria-label=${t('search.label')} placeholder=${t('search.hint')} title=${t('search.title')} value=${text}
        aria-invalid=${refused !== ''} aria-describedby="search-problem"
        onInput=${() => props.onType(field.current?.value ?? '')} onKeyDown=${(/** @type {KeyboardEvent} */ event) => onKey(event, props, clear)} />
      <span class="search__count" aria-live="polite">${count}</span>
      ${text && html`<${IconButton} icon="x" label=${t('search.clear')} onClick=${clear} />`}
    </div>
    <p id="search-problem" class="search__problem" role="alert">${refused}</p>
  </div>`;
}

/**
 * @param {KeyboardEvent} event
 * @param {SearchFieldProps} props
 * @param {() => void} clear
 */
function onKey(event, props, clear) {
  if (event.isComposing) return;
  const { value } = /** @type {HTMLInputElement} */ (event.target);
  if (event.key === 'Escape' && value) clear();
  else if (event.key === 'Enter') props.onSearch(value);
  if (event.key === 'Enter' || event.key === 'ArrowDown' || (event.key === 'Escape' && !value)) props.onLeave();
  if (['Escape', 'Enter', 'ArrowDown'].includes(event.key)) event.preventDefault();
}
