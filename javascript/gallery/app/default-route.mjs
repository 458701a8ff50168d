import { replaceAddress } from '../browser/address.mjs';

/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('./gallery.mjs').Gallery} Gallery */

/**
 * Fills in what an address leaves open: the page opens on the library where it can, and one root
 * needs no list of roots.
 * @param {Gallery} gallery
 * @param {Route} route
 */
export async function complete(gallery, route) {
  const said = route.view;
  if (said === null) route.view = (await gallery.library.hasPictures()) ? 'library' : 'folders';
  const { roots } = gallery.state;
  const alone = route.view === 'folders' && route.folder === null && roots.length === 1;
  if (alone) route.folder = roots[0].path;
  if (gallery.route === route && (alone || said === null)) replaceAddress(route);
}
