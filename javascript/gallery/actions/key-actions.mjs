import { COMMANDS } from '../lib/commands.mjs';
import { SHORTCUTS } from '../lib/keys.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {Record<string, () => unknown>} Actions  what each action does, by name */

/** Actions after which the focus is elsewhere than in the grid. */
const LEAVES = new Set(['open', 'parent', 'search', 'filter', 'date', 'library']);
const MOVES = new Set(SHORTCUTS.filter((row) => row.extends).map(({ action }) => action));
const RATINGS = [0, 1, 2, 3, 4, 5];

/**
 * What each action of the table of keys does.
 * @param {Parts} parts
 * @returns {(action: string, event?: KeyboardEvent) => void}
 */
export function keyActions(parts) {
  const { display, selection, store } = parts;
  const inGrid = gridActions(parts);
  const inViewer = viewerActions(parts);
  const everywhere = { ...commonActions(parts), ...duplicateActions(parts) };
  return (action, event) => {
    const scope = store.state.viewing ? inViewer : inGrid;
    const from = store.state.current;
    (scope[action] ?? everywhere[action])?.();
    if (scope !== inGrid || !(action in inGrid)) return;
    const { current } = store.state;
    if (event?.shiftKey && MOVES.has(action) && current !== from) selection.extendTo(current, from);
    if (!LEAVES.has(action)) display.grid?.host.focus({ preventScroll: true });
  };
}

/**
 * @param {Pick<Parts, 'display'|'filters'|'library'|'navigation'|'search'|'selection'|'store'>} parts
 * @returns {Actions}
 */
function gridActions({ display, filters, library, navigation, search, selection, store }) {
  const move = (/** @type {string} */ way) => display.grid?.move(/** @type {any} */ (way));
  return {
    ...Object.fromEntries([...MOVES].map((way) => [way, () => move(way)])),
    open: () => navigation.open(store.state.current),
    parent: () => navigation.parent(),
    select: () => selection.toggleCurrent(),
    selectAll: () => selection.all(),
    clear: () => selection.clear(),
    search: () => {
      search.field?.select();
      search.field?.click(); // opens the list
    },
    filter: () => filters.isOffered && filters.toggle(),
    date: () => library.askForDate(),
    library: () => navigation.home(),
  };
}

/**
 * @param {Pick<Parts, 'store'|'viewer'>} parts
 * @returns {Actions}
 */
function viewerActions({ store, viewer }) {
  return {
    previous: () => viewer.slides?.previous(),
    next: () => viewer.slides?.next(),
    first: () => viewer.slides?.goTo(0),
    last: () => viewer.slides?.goTo(store.state.totals.files - 1),
    zoom: () => viewer.slides?.toggleZoom(),
    close: () => viewer.close(),
    rotateRight: () => viewer.slides?.rotate(1),
    rotateLeft: () => viewer.slides?.rotate(-1),
    fullscreen: () => viewer.toggleFullscreen(),
    slideshow: () => viewer.slideshow.toggle(),
    faster: () => viewer.slideshow.change(-1),
    slower: () => viewer.slideshow.change(1),
    filmstrip: () => viewer.toggleFilmstrip(),
    compareOther: () => viewer.compare(),
    play: () => viewer.slides?.togglePlay(),
    frameBack: () => viewer.slides?.step(-1),
    frameForward: () => viewer.slides?.step(1),
    loop: () => viewer.toggleLoop(),
    vertical: () => viewer.toggleVertical(),
    cover: () => viewer.setCover(),
  };
}

/**
 * @param {Pick<Parts, 'duplicateGroups'>} parts
 * @returns {Actions}
 */
function duplicateActions({ duplicateGroups }) {
  return {
    nextGroup: () => duplicateGroups.move(1),
    previousGroup: () => duplicateGroups.move(-1),
    keepNext: () => duplicateGroups.chooseOther(1),
    keepPrevious: () => duplicateGroups.chooseOther(-1),
    resolve: () => duplicateGroups.resolve(),
    apart: () => duplicateGroups.setApart(),
    compareGroup: () => duplicateGroups.compare(),
  };
}

/**
 * @typedef {'commands'|'contextMenu'|'info'|'marks'|'store'|'subjects'|'undo'|'viewer'} Common
 * @param {Pick<Parts, Common|'blur'>} parts
 * @returns {Actions}
 */
function commonActions({
  blur,
  commands,
  contextMenu,
  info,
  marks,
  store,
  subjects,
  undo,
  viewer,
}) {
  const rate = (/** @type {number} */ stars) => {
    marks.rate(subjects.current(), stars);
    if (store.state.viewing && store.state.goOn) viewer.slides?.next();
  };
  const send = () => {
    const [target] = commands.targets();
    return target && commands.send(subjects.current(), target.id);
  };
  return {
    ...Object.fromEntries(COMMANDS.map(({ name }) => [name, () => commands.run(name)])),
    ...Object.fromEntries(RATINGS.map((stars) => [`rate${stars}`, () => rate(stars)])),
    send,
    generate: () => commands.generate(subjects.current()),
    goOn: () => viewer.toggleGoOn(),
    blur: () => blur.toggle(),
    undo: () => undo.run(),
    pin: () => info.pin(),
    menu: () => contextMenu.openForCurrent(),
    info: () => info.toggle(),
    help: () => store.set({ help: true }),
  };
}
