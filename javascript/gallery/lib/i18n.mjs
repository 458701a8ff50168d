/**
 * @typedef {string | Record<string, string>} Message  text, or texts by plural category (one, other, ...)
 * @typedef {Record<string, Message>} Catalog
 * @typedef {(key: string, values?: Record<string, string|number>) => string} Translate
 */

export const LANGUAGES = ['en', 'zh', 'zh-Hant', 'de', 'ja'];

/**
 * The first language of ours that the user reads.
 * @param {readonly (string|null|undefined)[]} wanted  in order of preference, e.g. ``['de-AT', 'en']``
 * @returns {string}
 */
export function chooseLanguage(wanted) {
  for (const tag of wanted) {
    const base = (tag ?? '').toLowerCase().split('-')[0];
    if (LANGUAGES.includes(base))
      return base === 'zh' && isTraditional(tag ?? '') ? 'zh-Hant' : base;
  }
  return 'en';
}

/** Whether a tag such as ``zh-TW`` means traditional characters. @param {string} tag */
function isTraditional(tag) {
  return /-(hant|tw|hk|mo)\b/i.test(tag) && !/-hans\b/i.test(tag);
}

/**
 * Texts of one language: ``{name}`` is replaced by the value of that name; a plural is chosen by
 * the value ``count``. A text that is missing falls back to English, and to its key where that has
 * none either.
 * @param {string} language
 * @param {Catalog} catalog
 * @param {Catalog} fallback
 * @returns {Translate}
 */
export function translator(language, catalog, fallback) {
  const rules = new Intl.PluralRules(language);
  return (key, values = {}) => {
    const message = catalog[key] ?? fallback[key] ?? key;
    const text =
      typeof message === 'string'
        ? message
        : (message[rules.select(Number(values.count))] ?? message.other);
    return text.replace(/\{(\w+)\}/g, (whole, name) =>
      name in values ? String(values[name]) : whole,
    );
  };
}
