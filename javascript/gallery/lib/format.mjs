/**
 * Numbers, sizes and dates as people of one language write them.
 * @typedef {Object} Formats
 * @property {(value: number) => string} number
 * @property {(value: number) => string} bytes  binary steps, decimal point where it tells something: 1.2 MB
 * @property {(seconds: number) => string} date  14 March 2025
 * @property {(seconds: number) => string} day  Fri, 14 March, below the heading of its month; today and
 *   yesterday by these words
 * @property {(seconds: number) => string} fullDay  14 March 2025; today and yesterday by these words
 * @property {(seconds: number) => string} month  March 2025
 * @property {(seconds: number) => string} shortMonth  Mar 2025
 * @property {(seconds: number) => string} monthName  Mar
 * @property {(seconds: number) => string} time  18:03
 * @property {(seconds: number) => string} dateTime  14 March 2025, 18:03
 * @property {(seconds: number) => string} shortDateTime  14 Mar 2025, 18:03
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
  const weekday = new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'long',
    timeZone,
  });
  const month = new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone });
  const shortMonth = new Intl.DateTimeFormat(locale, { month: 'short', year: 'numeric', timeZone });
  const monthName = new Intl.DateTimeFormat(locale, { month: 'short', timeZone });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const time = new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone });
  const both = new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone,
  });
  return {
    number: (value) => whole.format(value),
    bytes: (value) => bytesText(value, whole, short),
    day: (seconds) => near(seconds, relative) || weekday.format(seconds * 1000),
    fullDay: (seconds) => near(seconds, relative) || day.format(seconds * 1000),
    month: (seconds) => month.format(seconds * 1000),
    shortMonth: (seconds) => shortMonth.format(seconds * 1000),
    monthName: (seconds) => monthName.format(seconds * 1000),
    date: (seconds) => (seconds > 0 ? day.format(seconds * 1000) : ''),
    time: (seconds) => time.format(seconds * 1000),
    dateTime: (seconds) =>
      seconds > 0 ? `${day.format(seconds * 1000)}, ${time.format(seconds * 1000)}` : '',
    shortDateTime: (seconds) => (seconds > 0 ? both.format(seconds * 1000) : ''),
  };
}

/**
 * The word for today or yesterday; '' for other days.
 * @param {number} seconds  midnight of the day, where the user is
 * @param {Intl.RelativeTimeFormat} relative
 */
function near(seconds, relative) {
  const today = new Date().setHours(0, 0, 0, 0) / 1000;
  // Half a day of slack: a day with a change of the clock is not 24 hours long.
  const days = Math.round((seconds - today) / 86_400);
  if (days !== 0 && days !== -1) return '';
  const word = relative.format(days, 'day');
  return word.charAt(0).toLocaleUpperCase() + word.slice(1);
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
 * The locale for dates and numbers: the browser's region where it speaks the page's language (de-AT
 * for de), else the language itself.
 * @param {string} language
 * @param {readonly string[]} preferred
 * @returns {string}
 */
export function localeFor(language, preferred) {
  return (
    preferred.find(
      (tag) => tag.toLowerCase() === language || tag.toLowerCase().startsWith(`${language}-`),
    ) ?? language
  );
}
