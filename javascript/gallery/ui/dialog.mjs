import { html, useLayoutEffect, useRef } from '../vendor/preact/standalone.mjs';
import { IconButton } from './button.mjs';

/**
 * @typedef {Object} DialogProps
 * @property {string} title
 * @property {string} dismiss  label of the button that closes
 * @property {string} [kind]
 * @property {() => void} onClose
 * @property {() => void} [onSubmit]  Enter in a field
 * @property {unknown} [children]
 */

/** What had the focus before a dialog, for another one that takes its place. @type {HTMLElement|null} */
let outside = null;

/**
 * A modal dialog of the browser's own: it keeps the focus, gives it back, and Escape closes it.
 * @param {DialogProps} props
 */
export function Dialog({ title, dismiss, kind = '', onClose, onSubmit, children }) {
  const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
  useLayoutEffect(() => {
    const active = /** @type {HTMLElement|null} */ (document.activeElement);
    const before = active === document.body ? outside : active;
    outside = before;
    dialog.current?.showModal();
    return () =>
      queueMicrotask(() => {
        // Only now: what lies behind a dialog takes no focus while that is there.
        before?.focus({ preventScroll: true });
        outside = null;
      });
  }, []);
  const close = () => dialog.current?.close();
  /** @param {MouseEvent} event */
  const closeOutside = (event) => {
    if (event.target === dialog.current) close();
  };
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    onSubmit?.();
  };
  return html`<dialog
    class=${`sheet dialog ${kind}`}
    ref=${dialog}
    aria-labelledby="dialog-title"
    onClose=${onClose}
    onMouseDown=${closeOutside}
  >
    <form class="dialog__inner" method="dialog" onSubmit=${submit}>
      <header>
        <h2 id="dialog-title">${title}</h2>
        <${IconButton} icon="x" label=${dismiss} onClick=${close} />
      </header>
      ${children}
    </form>
  </dialog>`;
}

/**
 * The row of buttons at a dialog's end: what it is for comes last.
 * @param {{children?: unknown, hint?: string}} props
 */
export function DialogButtons({ children, hint = '' }) {
  return html`<div class="dialog__buttons"><p>${hint}</p>${children}</div>`;
}
