/**
 * A piece of a prompt. ``weight`` is 1 where nothing is stated; ``lora`` names the network of a
 * ``<lora:name:weight>`` tag.
 * @typedef {{text: string, weight: number, lora: string|null}} Piece
 */

const TAG = /^<(?:lora|lyco|hypernet):([^<>]*?)(?::(-?[\d.]+)(?::[^<>]*)?)?>/i;
const STATED = /^:\s*([+-]?(?:\d+(?:\.\d+)?|\.\d+))\s*\)/;
const CLOSING = /[\s)\]}]/;
const STEP = 1.1;

/** Beyond this, text is a log or a joke, and brackets in it are not worth the time. */
const LONGEST = 20_000;

/**
 * Pieces of a prompt with the weight that WebUI's syntax gives them: ``(x)`` times 1.1, ``[x]``
 * divided by 1.1, ``(x:1.3)`` stated, ``\(`` literal. All characters of the prompt are in the
 * pieces, so what is shown can be copied as it was written.
 * @param {string} prompt
 * @returns {Piece[]}
 */
export function pieces(prompt) {
  if (prompt.length > LONGEST) return [{ text: prompt, weight: 1, lora: null }];
  const factors = bracketFactors(prompt);
  /** @type {Piece[]} */
  const found = [];
  let at = 0;
  while (at < prompt.length) {
    const tag = prompt[at] === '<' ? TAG.exec(prompt.slice(at, at + 300)) : null;
    if (tag) {
      found.push({ text: tag[0], weight: tag[2] === undefined ? 1 : Number(tag[2]), lora: tag[1] });
      at += tag[0].length;
      continue;
    }
    const weight = factors[at];
    const last = found[found.length - 1];
    if (last && last.lora === null && last.weight === weight) last.text += prompt[at];
    else found.push({ text: prompt[at], weight, lora: null });
    at += 1;
  }
  return found;
}

/**
 * Weight of each character. A bracket that is never closed weighs nothing.
 * @param {string} prompt
 * @returns {Float64Array}
 */
function bracketFactors(prompt) {
  const factors = new Float64Array(prompt.length).fill(1);
  /** @type {{at: number, kind: string}[]} */
  const open = [];
  for (let at = 0; at < prompt.length; at += 1) {
    const char = prompt[at];
    if (char === '\\') at += 1;
    else if (char === '(' || char === '[') open.push({ at, kind: char });
    else if (char === ')' || char === ']') {
      const from = open[open.length - 1];
      if (!from || (from.kind === '(') !== (char === ')')) continue;
      open.pop();
      multiply(factors, from.at, at, char === ')' ? statedWeight(prompt, from.at, at) : 1 / STEP);
    }
  }
  return factors;
}

/**
 * @param {string} prompt
 * @param {number} from
 * @param {number} to  the closing bracket
 */
function statedWeight(prompt, from, to) {
  const colon = prompt.lastIndexOf(':', to);
  const stated = colon > from ? STATED.exec(prompt.slice(colon, to + 1)) : null;
  return stated ? Number(stated[1]) : STEP;
}

/**
 * @param {Float64Array} factors
 * @param {number} from
 * @param {number} to
 * @param {number} factor
 */
function multiply(factors, from, to, factor) {
  for (let i = from; i <= to; i += 1) factors[i] = Math.round(factors[i] * factor * 1000) / 1000;
}

/**
 * @typedef {Piece & {marked: boolean}} MarkedPiece
 * @typedef {{pieces: MarkedPiece[], search: string}} Term  search: what finds pictures with this term; ''
 *   for what only separates
 */

/**
 * A prompt as its terms between commas and lines, for a click on one to search it. All characters
 * are in the pieces, separators too.
 * @param {string} prompt
 * @param {import('./needles.mjs').Mark[]} marks
 * @returns {Term[]}
 */
export function terms(prompt, marks) {
  /** @type {Term[]} */
  const found = [];
  let at = 0;
  /** @param {MarkedPiece} piece @param {boolean} separates */
  const put = (piece, separates) => {
    const last = found[found.length - 1];
    if (last && (last.search === '') === separates) last.pieces.push(piece);
    else found.push({ pieces: [piece], search: separates ? '' : ' ' });
  };
  for (const piece of pieces(prompt)) {
    if (piece.lora !== null)
      found.push({
        pieces: [{ ...piece, marked: touches(marks, at, at + piece.text.length) }],
        search: '',
      });
    else {
      let inner = at;
      for (const { text, separates } of separated(piece.text)) {
        for (const part of cut(text, inner, marks)) put({ ...piece, ...part }, separates);
        inner += text.length;
      }
    }
    at += piece.text.length;
  }
  for (const term of found)
    if (term.search) term.search = bare(term.pieces.map((piece) => piece.text).join(''));
  return found;
}

/**
 * Text as what stands between commas and lines, and those with the blanks around them. One pattern
 * for both would look through a run of blanks from each of them on.
 * @param {string} text
 */
function separated(text) {
  /** @type {{text: string, separates: boolean}[]} */
  const found = [];
  for (const [run] of text.matchAll(/[\s,]+|[^\s,]+/g)) {
    const separates = /[,\n]/.test(run);
    const last = found[found.length - 1];
    if (last && !separates && !last.separates) last.text += run;
    else found.push({ text: run, separates });
  }
  return found;
}

/**
 * Text cut where marks begin and end.
 * @param {string} text
 * @param {number} at  its place in the prompt
 * @param {import('./needles.mjs').Mark[]} marks
 */
function cut(text, at, marks) {
  const edges = new Set([at, at + text.length]);
  for (const { start, end } of marks)
    for (const edge of [start, end]) if (edge > at && edge < at + text.length) edges.add(edge);
  const sorted = [...edges].sort((a, b) => a - b);
  return sorted
    .slice(1)
    .map((edge, i) => ({
      text: text.slice(sorted[i] - at, edge - at),
      marked: touches(marks, sorted[i], edge),
    }));
}

/**
 * @param {import('./needles.mjs').Mark[]} marks
 * @param {number} start
 * @param {number} end
 */
function touches(marks, start, end) {
  return marks.some((mark) => mark.start < end && mark.end > start);
}

/**
 * A term without the brackets around it and the weight at its end.
 * @param {string} term
 */
function bare(term) {
  let end = term.length;
  while (end > 0 && CLOSING.test(term[end - 1])) end -= 1;
  return term
    .slice(0, end)
    .replace(/^[\s([{]+/, '')
    .replace(/:\s*-?[\d.]+$/, '')
    .replaceAll('"', '')
    .trim();
}
