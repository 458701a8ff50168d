import { readAddress, replaceAddress } from './address.mjs';
import { readPref } from './prefs.mjs';

/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('./gallery.mjs').Gallery} Gallery */

/** @type {(value: unknown) => value is string} */
const isText = (value) => typeof value === 'string';

/**
 * Asks the server before the rest of the page is loaded. A listing need not wait for the settings where the address says which folder it
 * will be, or where the library has had one root so far. Failures are met again in ``Gallery.start``.
 * @param {Gallery} gallery
 */
export function prefetch(gallery) {
  const ignore = () => {};
  const route = readAddress();
  const folder = route.folder ?? (route.view === 'folders' ? readPref('home', '', isText) : '');
  if (folder && !route.walk) gallery.listings.load(folder).catch(ignore);
  if (route.view === 'library' || route.view === null || route.walk) gallery.library.prefetch(route).catch(ignore);
  gallery.early = gallery.api.settings();
  gallery.early.catch(ignore);
}

/**
 * Fills in what an address leaves open: the page opens on the library where it can, and one root needs no list of roots.
 * @param {Gallery} gallery
 * @param {Route} route
 */
export async function complete(gallery, route) {
  const said = route.view;
  if (said === null) route.view = await gallery.library.hasPictures() ? 'library' : 'folders';
  const { roots } = gallery.state;
  const alone = route.view === 'folders' && route.folder === null && roots.length === 1;
  if (alone) route.folder = roots[0].path;
  if (gallery.route === route && (alone || said === null)) replaceAddress(route);
}
