import { writePref } from '../browser/prefs.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */

/** Size and shape of the tiles, and what is said with them. */
export class TilePrefs {
  /** @param {Pick<Parts, 'display'|'listings'|'refresh'|'store'>} parts */
  constructor({ display, listings, refresh, store }) {
    this.display = display;
    this.listings = listings;
    this.refresh = refresh;
    this.store = store;
  }

  /** @param {number} tile  width in pixels */
  setTile(tile) {
    writePref('tile', tile);
    this.store.set({ tile });
    this.display.grid?.setTile(tile);
  }

  /** @param {boolean} asList */
  setList(asList) {
    writePref('asList', asList);
    this.store.set({ asList });
    const { grid, list } = this.display;
    if (list) grid?.setShape(this.display.shapeOf(list));
  }

  /** @param {import('../lib/arrangement.mjs').Below} below */
  setBelow(below) {
    writePref('below', below);
    this.store.set({ below });
    this.display.grid?.setBelow(below);
  }

  /** @param {import('../lib/arrangement.mjs').Shape} shape */
  setShape(shape) {
    writePref('shape', shape);
    this.listings.withSizes = shape === 'justified';
    this.store.set({ shape });
    const { list } = this.display;
    if (!list) return;
    if (this.display.shapeOf(list) === shape) this.display.grid?.setShape(shape);
    else if (list.hasShapes) this.refresh.now();
  }
}
