import { baseName, crumbs } from '../lib/paths.mjs';
import { HOME } from '../lib/router.mjs';
import { size } from '../lib/selection.mjs';
import { hrefOf, pushAddress, replaceAddress } from '../browser/address.mjs';

/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('./gallery.mjs').Gallery} Gallery */

/** Ways from one place to another. */
export class Navigating {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
  }

  /**
   * @param {string|null} folder  null: the roots
   * @returns {Route}
   */
  folderRoute(folder) {
    const { route } = this.gallery;
    const kept = route.view === 'folders' && !route.walk ? { sort: route.sort, order: route.order } : {};
    return { ...HOME, view: 'folders', folder, ...kept };
  }

  /** @param {Route} route */
  go(route) {
    this.gallery.keepPlace();
    pushAddress(route);
    this.gallery.visitAddress();
  }

  /**
   * Shows a file in its folder: a link to it in the library is followed before the library has come that far.
   * @param {string} path
   */
  toFolderOf(path) {
    const name = baseName(path);
    const folder = path.slice(0, -name.length).replace(/(?<=.)[\\/]+$/, '');
    replaceAddress({ ...HOME, view: 'folders', folder, open: name }, {});
    this.gallery.visitAddress();
  }

  /** @param {string} path  of a file, or of a folder, that is to be seen among its neighbours */
  showInFolder(path) {
    const name = baseName(path);
    const folder = path.slice(0, -name.length).replace(/(?<=.)[\\/]+$/, '');
    this.gallery.keepPlace();
    pushAddress(
      { ...HOME, view: 'folders', folder },
      { current: name, anchor: { name, offset: -120, spot: { day: 0, rest: 0 } } },
    );
    this.gallery.visitAddress();
  }

  home() {
    this.go({ ...HOME, view: 'library' });
  }

  parent() {
    const { folder, roots, view, walk } = this.gallery.state;
    if (view !== 'folders' || folder === null) return;
    if (walk) {
      this.walk(false);
      return;
    }
    const way = crumbs(folder, roots);
    if (way.length > 1) this.go(this.folderRoute(way[way.length - 2].path));
    else if (roots.length > 1) this.go(this.folderRoute(null));
  }

  /**
   * The folder with all that is below it, or only what is in it.
   * @param {boolean} walk
   */
  walk(walk) {
    this.go({ ...this.folderRoute(this.gallery.state.folder), walk, media: this.gallery.route.media });
  }

  /**
   * A click on a tile.
   * @param {number} index
   * @param {MouseEvent} event
   */
  activate(index, event) {
    const { gallery } = this;
    const item = gallery.item(index);
    if (item.is !== 'known') return;
    if (event.button === 1) {
      window.open(
        hrefOf(
          item.kind === 'dir' ? this.folderRoute(item.path) : { ...gallery.route, open: gallery.key(item) },
        ),
      );
      return;
    }
    if (event.shiftKey) gallery.selecting.extendTo(index);
    // With a finger there is no Ctrl: once something is selected, taps select.
    else if (event.ctrlKey || event.metaKey || (isTouch(event) && size(gallery.state.selection)))
      gallery.selecting.toggle(index);
    else {
      this.open(index);
      return;
    }
    gallery.grid?.setCurrent(index);
  }

  /** @param {number} index */
  open(index) {
    const { gallery } = this;
    if (index < 0 || index >= gallery.count) return;
    gallery.grid?.setCurrent(index);
    const item = gallery.item(index);
    if (item.kind === 'dir') this.go(this.folderRoute(item.path));
    else if (item.is === 'known') gallery.viewing.open(index);
  }
}

/** @param {MouseEvent} event */
function isTouch(event) {
  return event instanceof PointerEvent && event.pointerType === 'touch';
}
