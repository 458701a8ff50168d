/** Long enough that a pointer on its way across the grid starts nothing. */
const DELAY_MS = 400;

const still = window.matchMedia('(prefers-reduced-motion: reduce)');

/** Moving pictures of a video while the pointer rests on its tile. */
export class HoverPreview {
  /**
   * @param {HTMLElement} host  holds the tiles and scrolls
   * @param {(tile: HTMLElement) => string|null} previewOf  address of the moving picture; null where the
   *   tile has none
   */
  constructor(host, previewOf) {
    this.previewOf = previewOf;
    /** @type {HTMLElement|null} */
    this.tile = null;
    this.timer = 0;
    this.image = document.createElement('img');
    this.image.className = 'tile__preview';
    this.image.alt = '';
    this.image.addEventListener('load', () => this.tile?.append(this.image));
    host.addEventListener('pointerover', (event) => this.onOver(event));
    host.addEventListener('pointerleave', () => this.stop());
    host.addEventListener('scroll', () => this.stop(), { passive: true });
  }

  /** @param {PointerEvent} event */
  onOver(event) {
    const tile = /** @type {HTMLElement|null} */ (
      /** @type {Element} */ (event.target).closest('.tile')
    );
    if (tile === this.tile) return;
    this.stop();
    if (!tile || event.pointerType !== 'mouse' || still.matches) return;
    const url = this.previewOf(tile);
    if (!url) return;
    this.tile = tile;
    this.timer = window.setTimeout(() => {
      this.image.src = url;
    }, DELAY_MS);
  }

  stop() {
    clearTimeout(this.timer);
    this.tile = null;
    this.image.remove();
    this.image.removeAttribute('src');
  }
}
