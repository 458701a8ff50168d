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
 * A short word about what just happened, and mostly a way to undo it. The region is always there, because
 * screen readers announce only what changes inside one.
 * @param {{toast: ToastText|null, onHold: () => void, onRest: () => void}} props
 */
export function Toast({ toast, onHold, onRest }) {
  const region = useRef(/** @type {HTMLElement|null} */ (null));
  useLayoutEffect(() => {
    const { current } = region;
    if (!current || !toast) return undefined;
    lift(current);
    // A dialog may open over what is shown, as soon as its code is there.
    const observer = new MutationObserver((changes) => {
      if (changes.some(({ target }) => /** @type {HTMLDialogElement} */ (target).open))
        lift(current);
    });
    observer.observe(document.body, { subtree: true, attributeFilter: ['open'] });
    return () => observer.disconnect();
  }, [toast?.id]);
  return html`<div ref=${region} class="toast-region" role="status" aria-live="polite">
    ${toast && html`<${Shown} key=${toast.id} toast=${toast} onHold=${onHold} onRest=${onRest} />`}
  </div>`;
}

/**
 * A dialog lies above everything but what came later into the browser's top layer.
 * @param {HTMLElement} region
 */
function lift(region) {
  region.popover = null;
  if (!document.querySelector('dialog[open]')) return;
  region.popover = 'manual';
  region.showPopover?.();
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
