import { baseName, crumbs } from '../lib/paths.mjs';
import { HOME } from '../lib/router.mjs';
import { toggle } from '../lib/selection.mjs';
import { hrefOf, pushAddress, replaceAddress } from './address.mjs';

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
    if (event.button === 1) {
      window.open(hrefOf(item.kind === 'dir' ? this.folderRoute(item.path) : { ...gallery.route, open: gallery.key(item) }));
      return;
    }
    gallery.grid?.setCurrent(index);
    if (item.is !== 'known') return;
    if (event.shiftKey) gallery.selecting.extendTo(index);
    else if (event.ctrlKey || event.metaKey) gallery.selecting.change((selection) => toggle(selection, item.path));
    else this.open(index);
  }

  /** @param {number} index */
  open(index) {
    const { gallery } = this;
    if (index < 0 || index >= gallery.count) return;
    const item = gallery.item(index);
    if (item.kind === 'dir') this.go(this.folderRoute(item.path));
    else if (item.is === 'known') gallery.viewing.open(index);
  }
}
