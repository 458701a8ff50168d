import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';

/** What brings each part that is not there yet. @type {Set<() => Promise<void>>} */
const missing = new Set();

/**
 * A component whose modules come when it is first drawn, or before that with ``bringAll``: the
 * pictures do not wait for them.
 * @template {object} Props
 * @param {() => Promise<(props: Props) => unknown>} load
 * @returns {((props: Props) => unknown) & {isHere: () => boolean}}
 */
export function later(load) {
  /** @type {((props: Props) => unknown)|null} */
  let Part = null;
  const bring = async () => {
    Part ??= await load();
    missing.delete(bring);
  };
  missing.add(bring);
  /** @param {Props} props */
  const Later = (props) => {
    const [isHere, setHere] = useState(Part !== null);
    useEffect(() => {
      // Not by Part: it may have come since this was drawn, and would then not be drawn.
      if (!isHere) bring().then(() => setHere(true));
    }, []);
    return Part && html`<${Part} ...${props} />`;
  };
  return Object.assign(Later, { isHere: () => Part !== null });
}

/**
 * Brings what has not been drawn so far, one after the other. What cannot be had now is asked for
 * again when it is drawn.
 */
export async function bringAll() {
  for (const bring of missing) await bring().catch(() => {});
}
