import { actionFor } from '../lib/keys.mjs';

/** @typedef {import('../lib/keys.mjs').Scope} Scope */

const FIELDS = 'input, select, textarea, [contenteditable]';
const SCROLLS = new Set(['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End', ' ']);

/**
 * Sends key presses to actions. The listener sits on this document, so a host around the frame keeps all its keys.
 * @param {() => Scope} scope
 * @param {(action: string, event: KeyboardEvent) => void} act
 */
export function listenToKeys(scope, act) {
  document.addEventListener('keydown', (event) => {
    const action = actionFor(event, scope());
    if (event.defaultPrevented || !action || belongsToControl(event)) return;
    event.preventDefault();
    act(action, event);
  });
}

/**
 * True where the key already means something to what has the focus.
 * @param {KeyboardEvent} event
 */
function belongsToControl(event) {
  const target = /** @type {Element} */ (event.target);
  if (target.closest('dialog') || target.closest(FIELDS)) return event.key !== 'Escape' || target.closest('dialog') !== null;
  if (target.closest('button, a, summary') && (event.key === 'Enter' || event.key === ' ')) return true;
  if (target.closest('video, audio') && event.key !== 'Escape') return true;
  return target.closest('.info__body') !== null && SCROLLS.has(event.key);
}
