/**
 * Runs before the rest of the page is there: the server lists what the address names while the
 * browser still loads what will draw it. So this module and all that it imports stay few. Failures
 * are met again by ``Gallery.start``.
 */

import { createApi } from './api/api.mjs';
import { readAddress, readPlace } from './browser/address.mjs';
import { readPref } from './browser/prefs.mjs';
import { Listings } from './folders/listings.mjs';
import { HOME } from './lib/router.mjs';
import { Timelines } from './library/timelines.mjs';
import { ViewPrefs } from './library/view-prefs.mjs';

/** @typedef {typeof import('./early.mjs')} Early  what the gallery goes on with */

const ignore = () => {};
/** @type {(value: unknown) => value is string} */
const isText = (value) => typeof value === 'string';

const meta = /** @type {HTMLMetaElement} */ (document.querySelector('meta[name="iib-api"]'));

/** Told whether the server does not answer and is asked again. */
export const connecting = { tell: /** @type {(connecting: boolean) => void} */ (ignore) };
/** The address below which everything of ours is. */
export const base = new URL(meta.content.replace(/\/?$/, '/'), document.baseURI).href;
export const api = createApi({ base, onConnecting: (is) => connecting.tell(is) });
export const viewPrefs = new ViewPrefs();
export const listings = new Listings(api, readPref('shape', '', isText) === 'justified');
export const timelines = new Timelines(api);

const route = readAddress();
// A listing need not wait for the settings where the address says which folder it will be, or where
// the library has had one root so far.
const folder = route.folder ?? (route.view === 'folders' ? readPref('home', '', isText) : '');
if (folder && !route.walk) listings.load(folder).catch(ignore);
if (route.view === 'library' || route.view === null || route.walk) {
  const question = viewPrefs.questionOf(route.view === null ? { ...HOME, view: 'library' } : route);
  timelines
    .load(question)
    .then((timeline) => timeline.locate(readPlace()))
    .catch(ignore);
}
export const settings = api.settings();
settings.catch(ignore);
