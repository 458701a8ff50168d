import { html, useEffect, useLayoutEffect, useRef, useState } from '../vendor/preact/standalone.mjs';
import { Button } from './button.mjs';
import { Dialog, DialogButtons } from './dialog.mjs';
import { Icon } from './icons.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {{id: number, name: string, color: string, count: string, state: 'all'|'some'|'none'}} Pick */

const STATES = { all: 'true', some: 'mixed', none: 'false' };

/**
 * Chooses among names that are there, or makes a new one; each choice is done at once.
 * @param {{t: Translate, icon: string, title: string, hint: string, none: string, rows: Pick[]|null, onToggle: (pick: Pick) => void, onMake: (name: string) => void,
 *     onClose: () => void}} props  rows: null while they are on their way
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
    const items = /** @type {HTMLElement[]} */ ([...(list.current?.querySelectorAll('.picks__row') ?? [])]);
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (event.key === 'ArrowDown') items[Math.min(at + 1, items.length - 1)]?.focus();
    else if (event.key === 'ArrowUp') (at > 0 ? items[at - 1] : field.current)?.focus();
    else return;
    event.preventDefault();
  };
  return html`<${Dialog} title=${title} dismiss=${t('dialog.close')} onClose=${onClose} onSubmit=${submit}>
    <div onKeyDown=${onKey} ref=${list}>
      <input ref=${field} type="text" autocomplete="off" spellcheck=${false} maxlength="200" placeholder=${hint} aria-label=${hint} value=${text}
        onInput=${(/** @type {Event} */ event) => setText(/** @type {HTMLInputElement} */ (event.target).value)} />
      <div class="picks">
        ${shown.map(
          (
            row,
          ) => html`<button type="button" key=${row.id} class="picks__row" role="checkbox" aria-checked=${STATES[row.state]} onClick=${() => onToggle(row)}>
          <span class="picks__box"><${Icon} name=${row.state === 'some' ? 'minus' : 'check'} /></span>
          <span class="picks__name">${row.color && html`<i style=${{ background: row.color }}></i>`}${row.name}</span><small>${row.count}</small>
        </button>`,
        )}
        ${
          name &&
          !exact &&
          rows &&
          html`<button type="button" class="picks__row is-new" onClick=${make}>
          <${Icon} name=${icon} /><span class="picks__name">${t('dialog.makeNamed', { name })}</span></button>`
        }
        ${rows && !rows.length && !name && html`<p class="folders__none">${none}</p>`}
      </div>
    </div>
    <${DialogButtons}><${Button} label=${t('dialog.done')} kind="is-primary" onClick=${onClose} /><//>
  <//>`;
}
