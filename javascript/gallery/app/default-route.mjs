import { replaceAddress } from '../browser/address.mjs';

/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('./parts.mjs').Parts} Parts */

/**
 * Fills in what an address leaves open: the page opens on the library where it can, and one root
 * needs no list of roots.
 * @param {Pick<Parts, 'display'|'library'|'store'>} parts
 * @param {Route} route
 */
export async function complete({ display, library, store }, route) {
  const { view } = route;
  const hasPictures = view === null && (await library.hasPictures());
  const { hasLibrary, roots } = store.state;
  // Of a library whose index has only begun, too.
  const isIndexed = hasLibrary && roots.some(({ type }) => type !== 'walk');
  if (view === null) route.view = hasPictures || isIndexed ? 'library' : 'folders';
  const isAlone = route.view === 'folders' && route.folder === null && roots.length === 1;
  if (isAlone) route.folder = roots[0].path;
  if (display.route === route && (isAlone || view === null)) replaceAddress(route);
}
