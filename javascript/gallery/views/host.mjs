/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {{id: string, label: string}} HostTarget */

/**
 * The tabs of the host that take a picture; none where the page stands alone.
 * @returns {HostTarget[]}
 */
export function hostTargets() {
  return [];
}

/**
 * @param {Item} _item
 * @param {string} _target
 */
export function sendTo(_item, _target) {}
