/**
 * A piece of a prompt. ``weight`` is 1 where nothing is stated; ``lora`` names the network of a ``<lora:name:weight>`` tag.
 * @typedef {{text: string, weight: number, lora: string|null}} Piece
 */

const TAG = /^<(?:lora|lyco|hypernet):([^<>]*?)(?::(-?[\d.]+)(?::[^<>]*)?)?>/i;
const STATED = /^:\s*([+-]?\d*\.?\d+)\s*\)/;
const STEP = 1.1;

/** Beyond this, text is a log or a joke, and brackets in it are not worth the time. */
const LONGEST = 20_000;

/**
 * Pieces of a prompt with the weight that WebUI's syntax gives them: ``(x)`` times 1.1, ``[x]`` divided by 1.1, ``(x:1.3)`` stated, ``\(`` literal.
 * All characters of the prompt are in the pieces, so what is shown can be copied as it was written.
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
