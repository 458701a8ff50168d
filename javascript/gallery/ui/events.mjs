/**
 * What is in the field that an event comes from.
 * @param {Event} event
 */
export function valueOf(event) {
  return /** @type {HTMLInputElement|HTMLTextAreaElement|HTMLSelectElement} */ (event.target).value;
}

/**
 * Whether the ``details`` that an event comes from are open.
 * @param {Event} event
 */
export function isOpen(event) {
  return /** @type {HTMLDetailsElement} */ (event.target).open;
}
