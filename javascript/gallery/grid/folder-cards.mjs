import { thumbnailSize } from '../lib/media.mjs';

/** @typedef {import('./grid.mjs').Grid} Grid */
/** @typedef {import('./tile.mjs').Tile} Tile */

/** The covers and counts on the cards of a grid's folders. */
export class FolderCards {
  /** @param {Grid} grid */
  constructor(grid) {
    this.grid = grid;
    this.width = 0;
  }

  /** Tiles of folders that are kept as elements. */
  *tiles() {
    for (const row of this.grid.rows.values())
      for (const tile of row.tiles) if (tile.wantsCover) yield tile;
  }

  /** Asks for the covers of the folders that are near the view, and of no others. */
  want() {
    this.grid.options.covers.want(
      [...this.tiles()].flatMap((tile) => (tile.item ? [tile.item.path] : [])),
    );
  }

  /** More covers are known, or files of some are on their way elsewhere. */
  refresh() {
    for (const tile of this.tiles()) this.show(tile);
  }

  /** @param {Tile} tile */
  show(tile) {
    const { covers, detail, isAway, thumbnail } = this.grid.options;
    if (tile.item) tile.detail.textContent = detail(tile.item);
    const items = (tile.item ? (covers.find(tile.item.path) ?? []) : []).filter(
      (item) => !isAway(item),
    );
    const mosaic = items.length === 4;
    const size = thumbnailSize(this.width / (mosaic ? 2 : 1), window.devicePixelRatio);
    const shown = mosaic ? items : items.slice(0, 1);
    tile.cover.show(shown.map((item) => ({ url: thumbnail(item, size), path: item.path })));
  }
}
