/**
 * A rule as the server stores it: its tag goes to every file of which all fields of ``match`` match.
 * @typedef {{tag: string, match: Record<string, Value|Value[]>, enabled?: boolean}} Rule
 * @typedef {string|number} Value  of a list one is enough
 * @typedef {{field: string, value: string}} Condition  one line of the form
 */

/** Fields that a rule can match. */
export const RULE_FIELDS = [
  'prompt',
  'negative',
  'model',
  'sampler',
  'source',
  'path',
  'size',
  'width',
  'height',
  'bytes',
  'media',
];

/**
 * The lines of a rule, one for each value.
 * @param {Rule} rule
 * @returns {Condition[]}
 */
export function conditionsOf({ match }) {
  return Object.entries(match).flatMap(([field, values]) =>
    [values].flat().map((value) => ({ field, value: String(value) })),
  );
}

/**
 * The rule of a form; null while it says nothing. Lines without a value do not count.
 * @param {string} tag
 * @param {Condition[]} conditions
 * @param {boolean} enabled
 * @returns {Rule|null}
 */
export function ruleOf(tag, conditions, enabled = true) {
  /** @type {Record<string, string[]>} */
  const values = {};
  for (const { field, value } of conditions) {
    if (value.trim()) values[field] = [...(values[field] ?? []), value.trim()];
  }
  const match = Object.fromEntries(
    Object.entries(values).map(([field, all]) => [field, all.length > 1 ? all : all[0]]),
  );
  if (!tag.trim() || !Object.keys(match).length) return null;
  return { tag: tag.trim(), match, ...(enabled ? {} : { enabled }) };
}

/**
 * What the server says about a rule, without the number that it has in a list.
 * @param {string} detail
 */
export function withoutNumber(detail) {
  return detail.replace(/^Autotag rule \d+: /, '');
}
