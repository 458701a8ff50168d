/**
 * Runs before the rest of the page is there: the server lists what the address names while the
 * browser still loads what will draw it. So this module and all that it imports stay few. Failures
 * are met again by ``Gallery.start``.
 */

import { createApi } from './api/api.mjs';
import { readAddress, readPlace } from './browser/address.mjs';
import { readPref } from './browser/prefs.mjs';
import { isNarrow, readTile } from './browser/screen.mjs';
import { Listings } from './folders/listings.mjs';
import { thumbnailSize } from './lib/media.mjs';
import { HOME } from './lib/router.mjs';
import { Timelines } from './library/timelines.mjs';
import { ViewPrefs } from './library/view-prefs.mjs';

/** @typedef {typeof import('./early.mjs')} Early  what the gallery goes on with */

/** The first pictures are asked for before there is a grid: two for each connection that a browser has. */
const FIRST = 12;

/** The first pictures, until the grid has asked for its own, or wants none of them any more. */
export const pictures = {
  /** @type {HTMLImageElement[]} */
  asked: [],
  /** Gives them up: their connections are for what is asked for next. */
  drop() {
    for (const image of this.asked) image.removeAttribute('src');
    this.asked = [];
  },
};

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
  timelines.load(question).then(askForPictures).catch(ignore);
}
export const settings = api.settings();
settings.catch(ignore);

/**
 * Asks for the pictures that the grid will show first; it then finds them on their way. Their size is that
 * of nearly every window: where it is another one, the grid asks for its own.
 * @param {import('./library/timeline.mjs').Timeline} timeline
 */
async function askForPictures(timeline) {
  const { anchor } = await timeline.locate(readPlace());
  const first = anchor?.index ?? 0;
  const size = thumbnailSize(readTile(isNarrow()), window.devicePixelRatio);
  for (let index = first; index < Math.min(first + FIRST, timeline.count); index += 1) {
    const { date, is, path } = timeline.at(index);
    if (is !== 'known') continue;
    const image = new Image();
    image.src = api.thumbnail(path, date, size);
    pictures.asked.push(image);
  }
}
