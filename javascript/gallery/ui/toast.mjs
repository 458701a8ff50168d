import { html, useLayoutEffect, useRef } from '../vendor/preact/standalone.mjs';

/**
 * @typedef {{label: string, run: () => void}} ToastAction
 *
 * @typedef {Object} ToastText
 * @property {number} id  changes with every text, so that the same one twice is announced twice
 * @property {string} text
 * @property {ToastAction|null} action
 * @property {boolean} busy  it is still happening
 */

/**
 * @typedef {Object} ToastProps
 * @property {ToastText|null} toast
 * @property {unknown} cover  the dialog that is open; another one may come over what is shown
 * @property {() => void} onHold
 * @property {() => void} onRest
 */

/**
 * A short word about what just happened, and mostly a way to undo it. The region is always there, because
 * screen readers announce only what changes inside one.
 * @param {ToastProps} props
 */
export function Toast({ toast, cover, onHold, onRest }) {
  const region = useRef(/** @type {HTMLElement|null} */ (null));
  useLayoutEffect(() => {
    // A dialog lies above everything but what came later into the browser's top layer.
    const covered = toast !== null && document.querySelector('dialog[open]') !== null;
    if (!region.current) return;
    region.current.popover = null;
    if (!covered) return;
    region.current.popover = 'manual';
    region.current.showPopover?.();
  }, [toast?.id, cover]);
  return html`<div ref=${region} class="toast-region" role="status" aria-live="polite">
    ${toast && html`<${Shown} key=${toast.id} toast=${toast} onHold=${onHold} onRest=${onRest} />`}
  </div>`;
}

/** @param {{toast: ToastText, onHold: () => void, onRest: () => void}} props */
function Shown({ toast: { action, busy, text }, onHold, onRest }) {
  const button =
    action &&
    html`<button type="button" class="toast__action" onClick=${action.run}>${action.label}</button>`;
  return html`<div
    class=${`toast ${busy ? 'is-busy' : ''}`}
    onPointerEnter=${onHold}
    onPointerLeave=${onRest}
    onfocusin=${onHold}
    onfocusout=${onRest}
  >
    <p>${text}</p>
    ${button}
  </div>`;
}
