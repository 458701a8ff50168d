import { html, render, useLayoutEffect, useRef, useState } from '../vendor/preact/standalone.mjs';

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
 * screen readers announce only what changes inside one. It is an element of its own, as a modal dialog makes
 * everything outside of it inert: while one is open, the region is in it.
 * @param {{toast: ToastText|null, onHold: () => void, onRest: () => void}} props
 */
export function Toast({ toast, onHold, onRest }) {
  const home = useRef(/** @type {HTMLElement|null} */ (null));
  const [region] = useState(makeRegion);
  useLayoutEffect(() => {
    const shown = html`<${Shown} key=${toast?.id} toast=${toast} onHold=${onHold} onRest=${onRest} />`;
    render(toast && shown, region);
  });
  useLayoutEffect(() => {
    const { current } = home;
    if (!current) return undefined;
    if (!toast) {
      put(region, current);
      return undefined;
    }
    const follow = () => put(region, openDialog() ?? current);
    follow();
    // A dialog may open or end while it is shown.
    const observer = new MutationObserver(follow);
    observer.observe(document.body, { subtree: true, childList: true, attributeFilter: ['open'] });
    return () => observer.disconnect();
  }, [toast?.id]);
  return html`<div ref=${home}></div>`;
}

function makeRegion() {
  const region = document.createElement('div');
  region.className = 'toast-region';
  region.role = 'status';
  region.ariaLive = 'polite';
  return region;
}

/** @returns {HTMLElement|null} */
function openDialog() {
  return [...document.querySelectorAll('dialog')].findLast((dialog) => dialog.open) ?? null;
}

/**
 * @param {HTMLElement} region
 * @param {HTMLElement} place
 */
function put(region, place) {
  if (region.parentElement === place && region.isConnected) return;
  region.popover = null;
  place.append(region);
  if (!(place instanceof HTMLDialogElement)) return;
  // Not cut off by the dialog's edge.
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
