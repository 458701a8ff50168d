import { readPref } from './prefs.mjs';

/** Under this width the page is laid out for one hand. */
const NARROW_PX = 640;
const TILE_PX = { narrow: 120, wide: 184 };

/** @type {(value: unknown) => value is number} */
const isTile = (value) => typeof value === 'number' && value >= 40 && value <= 1000;

export function isNarrow() {
  return window.innerWidth < NARROW_PX;
}

/**
 * The width of a tile in pixels that the user wants.
 * @param {boolean} narrow
 */
export function readTile(narrow) {
  return readPref('tile', narrow ? TILE_PX.narrow : TILE_PX.wide, isTile);
}
