import { formatHash, HOME, parseHash } from '../lib/router.mjs';

/** @typedef {import('../lib/types.mjs').Route} Route */

/** @typedef {import('../lib/timeline.mjs').Spot} Spot */

/**
 * What one entry of the browser's history keeps beside its address, to come back to the same place.
 * @typedef {Object} Place
 * @property {{name: string, offset: number, spot: Spot}|null} [anchor]  first visible item, by its key: it
 *   may have moved meanwhile
 * @property {string|null} [current]
 * @property {Spot|null} [currentSpot]
 * @property {string|null} [fromFolder]  the folder in which a search was started
 * @property {boolean} [fromBrowsing]  a search that was started from another place, so clearing it is going
 *   back
 * @property {boolean} [fromStacks]  the files of a stack that was opened, so leaving it is going back
 * @property {import('../lib/organise.mjs').Edits} [edits]  what the user changed in a plan that sorts files
 *   into folders
 * @property {boolean} [fromGrid]  the viewer was opened from this page's grid, so closing it is going back
 */

/** @returns {Route} */
export function readAddress() {
  return parseHash(location.hash);
}

/** @returns {Place} */
export function readPlace() {
  return history.state ?? {};
}

/**
 * A link to a route. Spelled out with the path, so that no <base> of a host can lead it elsewhere.
 * @param {Route} route
 * @returns {string}
 */
export function hrefOf(route) {
  return `${location.pathname}${location.search}${formatHash(route)}`;
}

/**
 * A link to what a search finds in the whole library.
 * @param {string} query
 * @param {import('../lib/types.mjs').SortField|null} [sort]
 */
export function searchHref(query, sort = null) {
  return hrefOf({ ...HOME, view: 'library', query, sort });
}

/**
 * @param {Route} route
 * @param {Place} [place]
 */
export function pushAddress(route, place = {}) {
  history.pushState(place, '', hrefOf(route));
}

/**
 * @param {Route} route
 * @param {Place} [place]
 */
export function replaceAddress(route, place = readPlace()) {
  history.replaceState(place, '', hrefOf(route));
}

/** @param {Place} place */
export function keepPlace(place) {
  history.replaceState({ ...readPlace(), ...place }, '');
}
