import { html, useLayoutEffect, useRef } from '../vendor/preact/standalone.mjs';

/**
 * A short word about what just happened, and mostly a way back. The region is always there, because
 * screen readers announce only what changes inside one.
 * @param {{toast: import('../app/toasts.mjs').ToastText|null, onHold: () => void, onRest: () => void}} props
 */
export function Toast({ toast, onHold, onRest }) {
  const region = useRef(/** @type {HTMLElement|null} */ (null));
  useLayoutEffect(() => {
    // A dialog lies above everything but what came later into the browser's top layer.
    const covered = toast !== null && document.querySelector('dialog[open]') !== null;
    if (!region.current) return;
    region.current.popover = covered ? 'manual' : null;
    if (covered) region.current.showPopover?.();
  }, [toast?.id]);
  return html`<div ref=${region} class="toast-region" role="status" aria-live="polite">
    ${
      toast &&
      html`<div class=${`toast ${toast.busy ? 'is-busy' : ''}`} key=${toast.id} onPointerEnter=${onHold} onPointerLeave=${onRest}
      onfocusin=${onHold} onfocusout=${onRest}>
      <p>${toast.text}</p>
      ${toast.action && html`<button type="button" class="toast__action" onClick=${toast.action.run}>${toast.action.label}</button>`}
    </div>`
    }
  </div>`;
}
