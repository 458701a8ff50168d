/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {import('../lib/keys.mjs').Shortcut} Shortcut */

/** @type {Record<string, string>} */
const SYMBOLS = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓' };

/**
 * A key as its cap says it.
 * @param {string} name  as in the table of keys
 * @param {Translate} t
 */
export function keyWords(name, t) {
  return name
    .split(/(?<=.) (?=.)/)
    .map((key) =>
      (key === ' ' ? ['Space'] : key.split(/\+(?=.)/)).map((part) => word(part, t)).join(' + '),
    )
    .join(' ');
}

/**
 * @param {string} part
 * @param {Translate} t
 */
function word(part, t) {
  if (part.length > 1) return SYMBOLS[part] ?? (/^F\d+$/.test(part) ? part : t(`key.${part}`));
  const capital = part.toUpperCase();
  return capital.length === 1 ? capital : part;
}

/**
 * The first key of an action, in words; '' where it has none.
 * @param {Shortcut[]} rows
 * @param {string} action
 * @param {Translate} t
 */
export function keyOf(rows, action, t) {
  const key = rows.find((row) => row.action === action)?.keys[0];
  return key ? keyWords(key, t) : '';
}
