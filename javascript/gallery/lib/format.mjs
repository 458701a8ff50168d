/**
 * Numbers, sizes and dates as people of one language write them.
 * @typedef {Object} Formats
 * @property {(value: number) => string} number
 * @property {(value: number) => string} bytes  binary steps, decimal point where it tells something: 1.2 MB
 * @property {(seconds: number) => string} date  14 March 2025
 * @property {(seconds: number) => string} dateTime  14 March 2025, 18:03
 */

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];

/**
 * @param {string} locale
 * @param {string} [timeZone]  the browser's own where not given
 * @returns {Formats}
 */
export function formatsFor(locale, timeZone) {
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone });
  const time = new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone });
  return {
    number: (value) => whole.format(value),
    bytes: (value) => bytesText(value, whole, short),
    date: (seconds) => (seconds > 0 ? day.format(seconds * 1000) : ''),
    dateTime: (seconds) => (seconds > 0 ? `${day.format(seconds * 1000)}, ${time.format(seconds * 1000)}` : ''),
  };
}

/**
 * @param {number} value
 * @param {Intl.NumberFormat} whole
 * @param {Intl.NumberFormat} short
 */
function bytesText(value, whole, short) {
  let size = value;
  let unit = 0;
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${(unit > 0 && size < 9.95 ? short : whole).format(size)} ${UNITS[unit]}`;
}

/**
 * The locale for dates and numbers: the browser's region where it speaks the page's language (de-AT for de), else the language itself.
 * @param {string} language
 * @param {readonly string[]} preferred
 * @returns {string}
 */
export function localeFor(language, preferred) {
  return preferred.find((tag) => tag.toLowerCase() === language || tag.toLowerCase().startsWith(`${language}-`)) ?? language;
}
