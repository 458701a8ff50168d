/** @typedef {[number, number, number]} Rgb */

/**
 * The colour of ``#abc``, ``#aabbcc`` or ``rgb(1, 2, 3)``; null for anything else.
 * @param {string} text
 * @returns {Rgb|null}
 */
export function parseColor(text) {
  const value = text.trim();
  const hex = /^#([\da-f]{3}|[\da-f]{6})$/i.exec(value)?.[1];
  if (hex) {
    const long = hex.length === 3 ? [...hex].map((c) => c + c).join('') : hex;
    return /** @type {Rgb} */ ([0, 2, 4].map((i) => parseInt(long.slice(i, i + 2), 16)));
  }
  const rgb = /^rgba?\(\s*(\d+)[ ,]+(\d+)[ ,]+(\d+)/.exec(value);
  return rgb ? [Number(rgb[1]), Number(rgb[2]), Number(rgb[3])] : null;
}

/**
 * Contrast of two colours, 1 to 21. Source: WCAG 2.2, contrast ratio.
 * @param {Rgb} a
 * @param {Rgb} b
 * @returns {number}
 */
export function contrast(a, b) {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

/**
 * A colour moved towards black or white just so far that it can be told from a background.
 * @param {Rgb} color
 * @param {Rgb} background
 * @param {number} atLeast  wanted contrast
 * @returns {Rgb}
 */
export function readableOn(color, background, atLeast) {
  const target = luminance(background) > 0.4 ? 0 : 255;
  for (let part = 0; part <= 1; part += 0.05) {
    const mixed = /** @type {Rgb} */ (color.map((c) => Math.round(c + (target - c) * part)));
    if (contrast(mixed, background) >= atLeast) return mixed;
  }
  return [target, target, target];
}

/** @param {Rgb} color */
function luminance(color) {
  const [r, g, b] = color.map((c) => {
    const s = c / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
