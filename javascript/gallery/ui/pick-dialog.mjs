import {
  html,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from '../vendor/preact/standalone.mjs';
import { Button } from './button.mjs';
import { Dialog, DialogButtons } from './dialog.mjs';
import { valueOf } from './events.mjs';
import { Icon } from './icons.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {{id: number, name: string, color: string, count: string, state: 'all'|'some'|'none'}} Pick */

const STATES = { all: 'true', some: 'mixed', none: 'false' };

/**
 * @typedef {Object} PickDialogProps
 * @property {Translate} t
 * @property {string} icon
 * @property {string} title
 * @property {string} hint
 * @property {string} none
 * @property {Pick[]|null} rows  null while they are on their way
 * @property {(pick: Pick) => void} onToggle
 * @property {(name: string) => void} onMake
 * @property {() => void} onClose
 */

/**
 * Chooses among names that are there, or makes a new one; each choice is done at once.
 * @param {PickDialogProps} props
 */
export function PickDialog({ t, icon, title, hint, none, rows, onToggle, onMake, onClose }) {
  const field = useRef(/** @type {HTMLInputElement|null} */ (null));
  const list = useRef(/** @type {HTMLElement|null} */ (null));
  const [text, setText] = useState('');
  // Enter came before the names did: it counts when they are there.
  const [isEarly, setIsEarly] = useState(false);
  useLayoutEffect(() => field.current?.focus(), []);
  const name = text.trim();
  const needle = name.toLowerCase();
  const shown = (rows ?? []).filter((row) => row.name.toLowerCase().includes(needle));
  const exact = (rows ?? []).find((row) => row.name.toLowerCase() === needle);
  const clear = () => {
    setText('');
    field.current?.focus();
  };
  const make = () => {
    onMake(name);
    clear();
  };
  // Enter takes what was typed; only without an exact match the first of the list.
  const submit = () => {
    if (!name) onClose();
    else if (exact ?? shown[0]) {
      onToggle(exact ?? shown[0]);
      clear();
    } else if (rows) make();
    else setIsEarly(true);
  };
  useEffect(() => {
    if (!rows || !isEarly) return;
    setIsEarly(false);
    submit();
  }, [rows !== null, isEarly]);
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    const items = /** @type {HTMLElement[]} */ ([
      ...(list.current?.querySelectorAll('.picks__row') ?? []),
    ]);
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (event.key === 'ArrowDown') items[Math.min(at + 1, items.length - 1)]?.focus();
    else if (event.key === 'ArrowUp') (at > 0 ? items[at - 1] : field.current)?.focus();
    else return;
    event.preventDefault();
  };
  const making = html`<button type="button" class="picks__row is-new" onClick=${make}>
    <${Icon} name=${icon} />
    <span class="picks__name">${t('dialog.makeNamed', { name })}</span>
  </button>`;
  return html`<${Dialog} title=${title} dismiss=${t('dialog.close')} onClose=${onClose} onSubmit=${submit}>
    <div onKeyDown=${onKey} ref=${list}>
      <input
        ref=${field}
        type="text"
        autocomplete="off"
        spellcheck=${false}
        maxlength="200"
        placeholder=${hint}
        aria-label=${hint}
        value=${text}
        onInput=${(/** @type {Event} */ event) => setText(valueOf(event))}
      />
      <div class="picks">
        ${shown.map((row) => html`<${Row} key=${row.id} row=${row} onToggle=${onToggle} />`)}
        ${name && !exact && rows && making}
        ${rows && !rows.length && !name && html`<p class="folders__none">${none}</p>`}
      </div>
    </div>
    <${DialogButtons}>
      <${Button} label=${t('dialog.done')} kind="is-primary" onClick=${onClose} />
    <//>
  <//>`;
}

/** @param {{row: Pick, onToggle: (pick: Pick) => void}} props */
function Row({ row, onToggle }) {
  const { color, count, name, state } = row;
  return html`<button
    type="button"
    class="picks__row"
    role="checkbox"
    aria-checked=${STATES[state]}
    onClick=${() => onToggle(row)}
  >
    <span class="picks__box"><${Icon} name=${state === 'some' ? 'minus' : 'check'} /></span>
    <span class="picks__name">${color && html`<i style=${{ background: color }}></i>`}${name}</span>
    <small>${count}</small>
  </button>`;
}
