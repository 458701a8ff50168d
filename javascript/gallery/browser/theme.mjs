import { parseColor, readableOn } from '../lib/color.mjs';
import { readPref, writePref } from './prefs.mjs';

/** @typedef {import('../lib/color.mjs').Rgb} Rgb */

/** The page's own backgrounds, as in style/tokens.css; an accent of the host must be told apart from them. */
const BACKGROUNDS = {
  dark: /** @type {Rgb} */ ([28, 28, 30]),
  light: /** @type {Rgb} */ ([250, 250, 249]),
};
/** WCAG for text, which is more than it wants of anything else. */
const CONTRAST = 4.5;

/** @typedef {'system'|'dark'|'light'} Theme */

/** @type {Theme[]} */
export const THEMES = ['system', 'dark', 'light'];

/** @type {(value: unknown) => value is Theme} */
const isTheme = (value) => THEMES.includes(/** @type {Theme} */ (value));

/** The theme that the user has chosen here; theme.js reads it before the page is drawn. */
export function chosenTheme() {
  return readPref('theme', 'system', isTheme);
}

/** @param {Theme} theme */
export function chooseTheme(theme) {
  const { dataset } = document.documentElement;
  writePref('theme', theme);
  dataset.themeBy = theme === 'system' ? 'system' : 'user';
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
  dataset.theme = theme === 'system' ? (isDark ? 'dark' : 'light') : theme;
}

/** Follows the host, which tells its theme and accent by messages. What theme.js found counts until then. */
export function followTheme() {
  const { dataset, style } = document.documentElement;
  window.addEventListener('message', ({ origin, source, data }) => {
    if (origin !== location.origin || source !== window.parent || data?.type !== 'iib-theme')
      return;
    if (dataset.themeBy !== 'user' && (data.theme === 'dark' || data.theme === 'light')) {
      dataset.theme = data.theme;
      dataset.themeBy = 'host';
    }
    const accent = parseColor(String(data.accent ?? ''));
    if (!accent) return;
    const [onDark, onLight] = [BACKGROUNDS.dark, BACKGROUNDS.light].map(
      (background) => `rgb(${readableOn(accent, background, CONTRAST).join(' ')})`,
    );
    style.setProperty('--accent', dataset.theme === 'dark' ? onDark : onLight);
    style.setProperty('--accent-on-dark', onDark);
  });
}
