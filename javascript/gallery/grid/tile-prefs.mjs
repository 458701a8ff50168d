import { writePref } from '../browser/prefs.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */

/** Size and shape of the tiles. */
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
