import { actionFor, begins, keyName } from '../lib/keys.mjs';

/** @typedef {import('../lib/keys.mjs').Scope} Scope */
/** @typedef {import('../lib/keys.mjs').Shortcut} Shortcut */

const FIELDS = 'input, select, textarea, [contenteditable]';
/** The second of two keys must come within this time. */
const SECOND_KEY_MS = 1000;
const SCROLLS = new Set(['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End', ' ']);

/**
 * Sends key presses to actions. The listener sits on this document, so a host around the frame
 * keeps all its keys.
 * @param {() => Shortcut[]} rows  the table, as it is at the moment
 * @param {() => Scope|null} scope  null while keys mean nothing
 * @param {(action: string, event: KeyboardEvent) => void} act
 */
export function listenToKeys(rows, scope, act) {
  /** The first of two keys that make a command, for a moment. */
  let begun = '';
  let timer = 0;
  document.addEventListener('keydown', (event) => {
    const where = scope();
    if (!where || event.defaultPrevented || belongsToControl(event)) return;
    const table = rows();
    const inScope = (/** @type {Scope} */ scope) =>
      (begun && actionFor(table, event, scope, begun)) || actionFor(table, event, scope);
    const action = inScope(where) || (where === 'duplicates' ? inScope('grid') : null);
    clearTimeout(timer);
    const isStart = begins(table, keyName(event), where === 'duplicates' ? 'grid' : where);
    begun = !action && isStart ? keyName(event) : '';
    if (begun)
      timer = window.setTimeout(() => {
        begun = '';
      }, SECOND_KEY_MS);
    if (!action) return;
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
  const dialog = target.closest('dialog');
  if (dialog && !dialog.open) return false; // it has just closed, and the browser has not moved the focus yet
  if (dialog || target.closest(FIELDS)) return event.key !== 'Escape' || dialog !== null;
  if (target.closest('button, a, summary') && (event.key === 'Enter' || event.key === ' '))
    return true;
  if (target.closest('video, audio') && event.key !== 'Escape') return true;
  return (
    target.closest('.side-panel__body, .trash, .page, .organise, .duplicates') !== null &&
    SCROLLS.has(event.key)
  );
}
