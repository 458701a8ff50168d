/**
 * One value that many look at.
 * @template {object} T
 * @typedef {Object} Store
 * @property {T} state  the value as it is now
 * @property {(change: Partial<T>) => void} set  merges, and calls the listeners once a microtask
 * @property {(listener: () => void) => () => void} subscribe
 */

/**
 * @template {object} T
 * @param {T} initial
 * @returns {Store<T>}
 */
export function createStore(initial) {
  let value = initial;
  let told = true;
  /** @type {Set<() => void>} */
  const listeners = new Set();
  return {
    get state() {
      return value;
    },
    set(change) {
      value = { ...value, ...change };
      if (!told) return;
      told = false;
      queueMicrotask(() => {
        told = true;
        for (const listener of listeners) listener();
      });
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
