/**
 * Starts a string that stands for an integer on its way through JSON.parse and JSON.stringify. No
 * file contains it by chance.
 */
const MARK = '\0int:';
const MARKED = /^\0int:-?\d+$/;
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LARGE = /^-?\d{16,}$/;

/**
 * JSON as a value in which integers too large for a number are BigInts. Seeds of ComfyUI go up to
 * 2^64, and a seed that is off by one makes another picture.
 * @param {string} text
 * @returns {any}
 */
export function parseExact(text) {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const marked = text.replace(TOKENS, (token) =>
    LARGE.test(token) ? `"\\u0000int:${token}"` : token,
  );
  return JSON.parse(marked, (_key, value) =>
    typeof value === 'string' && MARKED.test(value) ? BigInt(value.slice(MARK.length)) : value,
  );
}

/**
 * The value as indented JSON, BigInts as plain integers.
 * @param {unknown} value
 * @returns {string}
 */
export function stringifyExact(value) {
  const marked = JSON.stringify(
    value,
    (_key, inner) => (typeof inner === 'bigint' ? MARK + inner : inner),
    2,
  );
  return marked.replace(/"\\u0000int:(-?\d+)"/g, '$1');
}
