import { html, useLayoutEffect, useRef } from '../vendor/preact/standalone.mjs';
import { sheet } from '../lib/keys.mjs';
import { IconButton } from './button.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {import('../lib/keys.mjs').Scope} Scope */

/** @type {Record<string, string>} */
const SYMBOLS = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓' };

/**
 * The sheet of keys, as a modal dialog of the browser's own: it keeps the focus, and Escape closes it.
 * @param {{t: Translate, onClose: () => void}} props
 */
export function Shortcuts({ t, onClose }) {
  const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
  useLayoutEffect(() => {
    dialog.current?.showModal();
  }, []);
  /** @param {MouseEvent} event */
  const closeOutside = (event) => {
    if (event.target === dialog.current) dialog.current?.close();
  };
  return html`<dialog class="sheet is-keys" ref=${dialog} aria-labelledby="sheet-title" onClose=${onClose} onClick=${closeOutside}>
    <div class="sheet__inner">
      <header><h2 id="sheet-title">${t('keys.title')}</h2>
        <${IconButton} icon="x" label=${t('keys.dismiss')} onClick=${() => dialog.current?.close()} /></header>
      ${/** @type {(Scope|'everywhere')[]} */ (['everywhere', 'grid', 'viewer']).map((scope) => html`<section>
        <h3>${t(`keys.in.${scope}`)}</h3>
        <dl>${sheet(scope).map((row) => html`<div>
          <dt>${row.keys.map((key) => html`<${Key} t=${t} name=${key} />`)}</dt><dd>${t(row.label)}</dd>
        </div>`)}</dl>
      </section>`)}
    </div>
  </dialog>`;
}

/** @param {{t: Translate, name: string}} props */
function Key({ t, name }) {
  return html`<kbd>${keyWords(name, t)}</kbd>`;
}

/**
 * A key as its cap says it.
 * @param {string} name  as in the table of keys
 * @param {Translate} t
 */
export function keyWords(name, t) {
  const word = (/** @type {string} */ part) => SYMBOLS[part] ?? (part.length > 1 && !/^F\d+$/.test(part) ? t(`key.${part}`) : part.toUpperCase());
  if (/^\S \S$/.test(name)) return name.split(' ').map(word).join(' ');
  return (name === ' ' ? ['Space'] : name.split('+')).map(word).join(' + ');
}
