/**
 * Where a search found what it looked for, so that the words can be marked. The language is the
 * search field's; a term that says nothing about the text of a prompt marks nothing.
 * @typedef {{start: number, end: number}} Mark
 */

const TERM = /(-?)(?:([a-z]+):)?(?:"([^"]*)"|(\S+))/giu;
const REGEX = /(?:^|\s)re:\/((?:\\.|[^/\\])*)\//gu;
/** Fields that look into the texts, and those whose value is a part of a name in them. */
const IN_TEXT = new Set(['', 'prompt', 'negative', 'lora', 'tag', 'model', 'text', 'sampler']);
const LONGEST = 20_000;

/**
 * The texts that a query looks for, lower case; those that it leaves out are not among them.
 * @param {string} query
 * @returns {{texts: string[], patterns: RegExp[]}}
 */
export function needlesOf(query) {
  /** @type {RegExp[]} */
  const patterns = [];
  const rest = query.replace(REGEX, (_whole, source) => {
    try {
      patterns.push(new RegExp(source, 'giu'));
    } catch {
      // the server's language of expressions knows more than the browser's
    }
    return ' ';
  });
  const texts = [];
  for (const [, minus, field = '', quoted, word] of rest.matchAll(TERM)) {
    const text = (quoted ?? word ?? '').replace(/^\(+|\)+$/g, '').toLowerCase();
    if (!minus && text && text !== 'or' && IN_TEXT.has(field.toLowerCase())) texts.push(text);
  }
  return { texts: [...new Set(texts)], patterns };
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
