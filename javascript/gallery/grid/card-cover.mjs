/**
 * Waits before a picture that did not come is asked for again: the server may be busy, or have had
 * too many requests for a minute.
 */
const WAITS_MS = [1000, 4000, 15_000, 60_000];

/** One picture of a folder, or four of them as a mosaic, in the folder's card. */
export class Cover {
  constructor() {
    this.element = document.createElement('span');
    this.element.className = 'tile__cover';
    this.shown = '';
  }

  /** @param {{url: string, path: string}[]} pictures  one or four */
  show(pictures) {
    const key = pictures.map(({ url }) => url).join('\n');
    if (this.shown === key) return;
    this.clear();
    this.shown = key;
    this.element.classList.toggle('is-mosaic', pictures.length > 1);
    this.element.append(...pictures.map((one) => this.picture(one)));
  }

  /** @param {{url: string, path: string}} one */
  picture({ url, path }) {
    const image = document.createElement('img');
    image.alt = '';
    image.dataset.path = path;
    image.decoding = 'async';
    image.draggable = false;
    const waits = WAITS_MS.values();
    image.addEventListener('error', () => {
      if (!image.hasAttribute('src')) return;
      const { value, done } = waits.next();
      image.removeAttribute('src');
      if (done) image.remove();
      else setTimeout(() => image.isConnected && image.setAttribute('src', url), value);
    });
    image.src = url;
    return image;
  }

  /** Lets go of the pictures; requests that are under way are aborted with them. */
  clear() {
    for (const image of this.element.querySelectorAll('img')) image.removeAttribute('src');
    this.element.replaceChildren();
    this.shown = '';
  }
}
