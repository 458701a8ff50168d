import { terms } from './query.mjs';
import { RELATIONS } from './signs.mjs';

/**
 * Where a search found what it looked for, so that the words can be marked. The language is the
 * search field's; a term that says nothing about the text of a prompt marks nothing.
 * @typedef {{start: number, end: number}} Mark
 */

/** Fields that look into the texts, and those whose value is a part of a name in them. */
const IN_TEXT = new Set([
  '',
  'any',
  'prompt',
  'negative',
  'workflow',
  'lora',
  'tag',
  'model',
  'sampler',
  'scheduler',
  'vae',
  'node',
]);
/** What follows the name of a LoRA: its weight. */
const WEIGHT = new RegExp(`^(.+?)[${RELATIONS}]+[\\d.]+$`, 'u');
const LONGEST = 20_000;

/**
 * The texts that a query looks for, lower case; those that it leaves out are not among them.
 * @param {string} query
 * @returns {{texts: string[], patterns: RegExp[]}}
 */
export function needlesOf(query) {
  /** @type {RegExp[]} */
  const patterns = [];
  /** @type {string[]} */
  const texts = [];
  for (const { field, value: typed, isPattern, isWord } of wanted(query)) {
    const value = field === 'lora' ? nameOf(typed) : typed;
    if (isPattern) patterns.push(...expressions(value));
    else if (IN_TEXT.has(field)) texts.push(...(isWord ? value.split('*') : [value]));
  }
  const lower = texts.filter(Boolean).map((text) => text.toLowerCase());
  return { texts: [...new Set(lower)], patterns };
}

/**
 * The name of a LoRA without its weight and the quotes that keep them apart.
 * @param {string} typed
 */
function nameOf(typed) {
  const weighed = WEIGHT.exec(typed);
  return weighed ? weighed[1].replace(/^"(.*)"$/, '$1') : typed;
}

/**
 * Terms that a file must have, those of groups too.
 * @param {string} query
 * @returns {import('./query.mjs').Term[]}
 */
function wanted(query) {
  return terms(query)
    .filter(({ negated }) => !negated)
    .flatMap((term) => (term.isGroup ? wanted(term.value) : [term]));
}

/** @param {string} source */
function expressions(source) {
  try {
    return [new RegExp(source, 'giu')];
  } catch {
    return []; // the server's language of expressions knows more than the browser's
  }
}

/**
 * Places in a text that a query found, in order and apart from each other.
 * @param {string} text
 * @param {ReturnType<typeof needlesOf>} needles
 * @returns {Mark[]}
 */
export function marksIn(text, { texts, patterns }) {
  if (text.length > LONGEST) return [];
  // A letter whose lower case is longer would shift every place behind it.
  const lower = text.toLowerCase();
  /** @type {Mark[]} */
  const found = [];
  if (lower.length === text.length) {
    for (const needle of texts) {
      for (let at = lower.indexOf(needle); at >= 0; at = lower.indexOf(needle, at + needle.length))
        found.push({ start: at, end: at + needle.length });
    }
  }
  for (const pattern of patterns) {
    for (const match of text.matchAll(pattern))
      if (match[0]) found.push({ start: match.index, end: match.index + match[0].length });
  }
  return merged(found);
}

/**
 * @param {Mark[]} marks
 * @returns {Mark[]}
 */
function merged(marks) {
  marks.sort((a, b) => a.start - b.start || a.end - b.end);
  /** @type {Mark[]} */
  const apart = [];
  for (const mark of marks) {
    const last = apart[apart.length - 1];
    if (last && mark.start <= last.end) last.end = Math.max(last.end, mark.end);
    else apart.push({ ...mark });
  }
  return apart;
}
