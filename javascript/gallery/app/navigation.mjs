import { hrefOf, pushAddress, readPlace, replaceAddress } from '../browser/address.mjs';
import { baseName, crumbs, folderOf } from '../lib/paths.mjs';
import { inStacks, openStack, withoutStacks } from '../lib/query.mjs';
import { HOME } from '../lib/router.mjs';
import { size } from '../lib/selection.mjs';

/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('../app/parts.mjs').Parts} Parts */

/** Ways from one place to another. */
export class Navigation {
  /**
   * @param {Pick<Parts, 'display'|'selection'|'store'|'visit'>} parts
   * @param {(index: number) => void} openFile  shows a file in the viewer
   */
  constructor({ display, selection, store, visit }, openFile) {
    this.display = display;
    this.selection = selection;
    this.store = store;
    this.openFile = openFile;
    this.visit = visit;
  }

  /**
   * @param {string|null} folder  null: the roots
   * @returns {Route}
   */
  folderRoute(folder) {
    const { route } = this.display;
    const kept =
      route.view === 'folders' && !route.walk ? { sort: route.sort, order: route.order } : {};
    return { ...HOME, view: 'folders', folder, ...kept };
  }

  /**
   * The way to a folder, in the toolbar.
   * @param {import('./view.mjs').Words} words
   * @returns {import('./view.mjs').Way}
   */
  folderWay({ t }) {
    const { folder, phase, roots } = this.store.state;
    const hrefTo = (/** @type {string|null} */ path) => hrefOf(this.folderRoute(path));
    const way = folder === null ? [] : crumbs(folder, roots);
    // Not before the roots are known: the word would be gone again at once where there is only one.
    const hasHome = roots.length > 1 || (folder === null && phase !== 'start');
    return {
      home: hasHome ? { name: t('view.folders'), href: hrefTo(null), icon: 'house' } : null,
      crumbs: way.map((crumb) => ({ ...crumb, href: hrefTo(crumb.path) })),
    };
  }

  /** @param {Route} route */
  go(route) {
    this.display.keepPlace();
    pushAddress(route);
    this.visit();
  }

  /**
   * Shows a file in its folder: a link to it in the library is followed before the library has come that far.
   * @param {string} path
   */
  toFolderOf(path) {
    const name = baseName(path);
    const folder = folderOf(path);
    replaceAddress({ ...HOME, view: 'folders', folder, open: name }, {});
    this.visit();
  }

  /** @param {string} path  of a file, or of a folder, that is to be seen among its neighbours */
  showInFolder(path) {
    const name = baseName(path);
    const folder = folderOf(path);
    this.display.keepPlace();
    pushAddress(
      { ...HOME, view: 'folders', folder },
      { current: name, anchor: { name, offset: -120, spot: { day: 0, rest: 0 } } },
    );
    this.visit();
  }

  /**
   * Shows the files of a stack; going back shows the stacks again.
   * @param {{term: string}} stack
   */
  openStack({ term }) {
    this.display.keepPlace();
    pushAddress(this.stackRoute(term), { fromStacks: true });
    this.visit();
  }

  /**
   * @param {string} term
   * @returns {Route}
   */
  stackRoute(term) {
    const { route } = this.display;
    return {
      ...HOME,
      view: 'library',
      query: inStacks(route.query, [term]),
      scope: route.walk ? route.folder : route.scope,
      media: route.media,
      sort: route.sort,
      order: route.order,
      stack: route.stack,
      seed: route.seed,
    };
  }

  /**
   * From the files of a stack back to the stacks.
   * @param {Route} route
   * @returns {Route}
   */
  outOfStack(route) {
    return { ...route, query: withoutStacks(route.query), open: null, compare: null };
  }

  home() {
    this.go({ ...HOME, view: 'library' });
  }

  parent() {
    const { folder, roots, view, walk } = this.store.state;
    if (openStack(this.display.route.query)) {
      if (readPlace().fromStacks) history.back();
      else this.go(this.outOfStack(this.display.route));
      return;
    }
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
    this.go({
      ...this.folderRoute(this.store.state.folder),
      walk,
      media: this.display.route.media,
    });
  }

  /**
   * A click on a tile.
   * @param {number} index
   * @param {MouseEvent} event
   */
  activate(index, event) {
    const item = this.display.item(index);
    if (item.is !== 'known') return;
    if (event.button === 1) {
      const open = this.display.key(item);
      const route =
        item.kind === 'dir' ? this.folderRoute(item.path) : { ...this.display.route, open };
      window.open(hrefOf(item.stack ? this.stackRoute(item.stack.term) : route));
      return;
    }
    if (event.shiftKey) this.selection.extendTo(index);
    // With a finger there is no Ctrl: once something is selected, taps select.
    else if (event.ctrlKey || event.metaKey || (isTouch(event) && size(this.store.state.selection)))
      this.selection.toggle(index);
    else {
      this.open(index);
      return;
    }
    this.display.grid?.setCurrent(index);
  }

  /**
   * A click into the check circle of a tile.
   * @param {number} index
   * @param {MouseEvent} event
   */
  check(index, event) {
    if (this.display.item(index).is !== 'known') return;
    if (event.shiftKey) this.selection.extendTo(index);
    else this.selection.toggle(index);
    this.display.grid?.setCurrent(index);
  }

  /** @param {number} index */
  open(index) {
    if (index < 0 || index >= this.display.count) return;
    this.display.grid?.setCurrent(index);
    const item = this.display.item(index);
    if (item.kind === 'dir') this.go(this.folderRoute(item.path));
    else if (item.stack) this.openStack(item.stack);
    else if (item.is === 'known') this.openFile(index);
  }
}

/** @param {MouseEvent} event */
function isTouch(event) {
  return event instanceof PointerEvent && event.pointerType === 'touch';
}
