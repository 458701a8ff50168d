import { useRef, useState } from '../vendor/preact/standalone.mjs';

/**
 * A state that is about something, such as what is wrong with what stands in a form. When that has
 * become another, the state is `nothing`, and what an older render sets is ignored: an answer that
 * comes late is about what stood there before.
 * @template T
 * @param {unknown} about  a string, or an object that stays the same one
 * @param {T} nothing
 * @returns {[T, (value: T) => void]}
 */
export function useStateAbout(about, nothing) {
  const [held, hold] = useState({ about, value: nothing });
  const now = useRef(about);
  now.current = about;
  const set = (/** @type {T} */ value) => {
    if (now.current === about) hold({ about, value });
  };
  return [held.about === about ? held.value : nothing, set];
}
