import { COMMANDS } from '../lib/commands.mjs';
import { SHORTCUTS } from '../lib/keys.mjs';

/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

/** Actions after which the focus is elsewhere than in the grid. */
const LEAVES = new Set(['open', 'parent', 'search', 'date', 'library']);
const MOVES = new Set(SHORTCUTS.filter((row) => row.extends).map(({ action }) => action));

/**
 * What each action of the table of keys does.
 * @param {Gallery} gallery
 * @returns {(action: string, event?: KeyboardEvent) => void}
 */
export function actions(gallery) {
  const { viewing, selecting, info, navigating, acting, commanding, menus } = gallery;
  /** @param {number} stars */
  const rate = (stars) => {
    gallery.marking.rate(acting.subject(), stars);
    if (gallery.state.viewing && gallery.state.goOn) viewing.viewer?.next();
  };
  /** @type {Record<string, () => unknown>} */
  const inGrid = {
    ...Object.fromEntries([...MOVES].map((way) => [way, () => gallery.grid?.move(/** @type {any} */ (way))])),
    open: () => navigating.open(gallery.state.current),
    parent: () => navigating.parent(),
    select: () => selecting.toggleCurrent(),
    selectAll: () => selecting.all(),
    clear: () => selecting.clear(),
    search: () => gallery.searchField?.select(),
    date: () => gallery.library.askForDate(),
    library: () => navigating.home(),
  };
  /** @type {Record<string, () => unknown>} */
  const inViewer = {
    previous: () => viewing.viewer?.previous(),
    next: () => viewing.viewer?.next(),
    first: () => viewing.viewer?.goTo(0),
    last: () => viewing.viewer?.goTo(gallery.state.totals.files - 1),
    zoom: () => viewing.viewer?.toggleZoom(),
    close: () => viewing.close(),
    rotateRight: () => viewing.viewer?.rotate(1),
    rotateLeft: () => viewing.viewer?.rotate(-1),
    fullscreen: () => viewing.toggleFullscreen(),
    slideshow: () => viewing.slideshow.toggle(),
    faster: () => viewing.slideshow.change(-1),
    slower: () => viewing.slideshow.change(1),
    filmstrip: () => viewing.toggleFilmstrip(),
    compareOther: () => viewing.compare(),
    play: () => viewing.viewer?.togglePlay(),
    frameBack: () => viewing.viewer?.step(-1),
    frameForward: () => viewing.viewer?.step(1),
    cover: () => viewing.setCover(),
  };
  /** @type {Record<string, () => unknown>} */
  const everywhere = {
    ...Object.fromEntries(COMMANDS.map(({ name }) => [name, () => commanding.run(name)])),
    ...Object.fromEntries([0, 1, 2, 3, 4, 5].map((stars) => [`rate${stars}`, () => rate(stars)])),
    send: () =>
      commanding
        .targets()
        .slice(0, 1)
        .forEach(({ id }) => commanding.send(acting.subject(), id)),
    goOn: () => viewing.toggleGoOn(),
    undo: () => acting.undo(),
    pin: () => info.pin(),
    menu: () => menus.openForCurrent(),
    info: () => info.toggle(),
    help: () => gallery.set({ help: true }),
  };
  return (action, event) => {
    const scope = gallery.state.viewing ? inViewer : inGrid;
    const from = gallery.state.current;
    (scope[action] ?? everywhere[action])?.();
    if (scope !== inGrid || !(action in inGrid)) return;
    if (event?.shiftKey && MOVES.has(action) && gallery.state.current !== from)
      selecting.extendTo(gallery.state.current, from);
    if (!LEAVES.has(action)) gallery.grid?.host.focus({ preventScroll: true });
  };
}
