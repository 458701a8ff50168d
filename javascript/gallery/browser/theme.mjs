import { parseColor, readableOn } from '../lib/color.mjs';

/** @typedef {import('../lib/color.mjs').Rgb} Rgb */

/** The page's own backgrounds, as in style/tokens.css; an accent of the host must be told apart from them. */
const BACKGROUNDS = { dark: /** @type {Rgb} */ ([28, 28, 30]), light: /** @type {Rgb} */ ([250, 250, 249]) };
/** WCAG for text, which is more than it wants of anything else. */
const CONTRAST = 4.5;

/** Follows the host, which tells its theme and accent by messages. What theme.js found counts until then. */
export function followTheme() {
  const { dataset, style } = document.documentElement;
  window.addEventListener('message', ({ origin, source, data }) => {
    if (origin !== location.origin || source !== window.parent || data?.type !== 'iib-theme') return;
    if (data.theme === 'dark' || data.theme === 'light') {
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
