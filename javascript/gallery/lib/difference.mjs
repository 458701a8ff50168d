/** @typedef {import('./parameters.mjs').ParameterRow} ParameterRow */

/**
 * @typedef {{label: string, name: string, before: string, after: string}} Changed  a parameter that is not
 *   the same; '' where it is not stated
 * @typedef {{text: string, kind: 'same'|'added'|'removed'}} Token
 */

/** Lists longer than this are compared as sets of terms: the exact way takes their product in steps. */
const EXACT = 600;

/**
 * Parameters of two files that are not the same, in the order of the second.
 * @param {ParameterRow[]} before
 * @param {ParameterRow[]} after
 * @returns {Changed[]}
 */
export function differentRows(before, after) {
  const keyOf = (/** @type {ParameterRow} */ row) => row.label || `own ${row.name}`;
  const old = new Map(before.map((row) => [keyOf(row), row]));
  /** @type {Changed[]} */
  const changed = [];
  for (const row of after) {
    const other = old.get(keyOf(row));
    old.delete(keyOf(row));
    if (other?.value !== row.value)
      changed.push({
        label: row.label,
        name: row.name,
        before: other?.value ?? '',
        after: row.value,
      });
  }
  for (const { label, name, value } of old.values())
    changed.push({ label, name, before: value, after: '' });
  return changed;
}

/**
 * How one prompt became another, term by term: the fewest terms taken away and added.
 * @param {string} before
 * @param {string} after
 * @returns {Token[]}
 */
export function differentTerms(before, after) {
  const a = terms(before);
  const b = terms(after);
  return a.length * b.length > EXACT * EXACT ? asSets(a, b) : alongside(a, b);
}

/** @param {string} prompt */
function terms(prompt) {
  return prompt
    .split(/[,\n]/)
    .map((term) => term.trim())
    .filter(Boolean);
}

/**
 * By the longest common subsequence.
 * @param {string[]} a
 * @param {string[]} b
 * @returns {Token[]}
 */
function alongside(a, b) {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        a[i] === b[j]
          ? lengths[(i + 1) * width + j + 1] + 1
          : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  /** @type {Token[]} */
  const tokens = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      tokens.push({ text: a[i], kind: 'same' });
      i += 1;
      j += 1;
    } else if (
      i < a.length &&
      (j === b.length || lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])
    ) {
      tokens.push({ text: a[i], kind: 'removed' });
      i += 1;
    } else {
      tokens.push({ text: b[j], kind: 'added' });
      j += 1;
    }
  }
  return tokens;
}

/**
 * @param {string[]} a
 * @param {string[]} b
 * @returns {Token[]}
 */
function asSets(a, b) {
  const before = new Set(a);
  const after = new Set(b);
  return [
    ...a
      .filter((term) => !after.has(term))
      .map((text) => ({ text, kind: /** @type {const} */ ('removed') })),
    ...b.map((text) => ({
      text,
      kind: before.has(text) ? /** @type {const} */ ('same') : /** @type {const} */ ('added'),
    })),
  ];
}
