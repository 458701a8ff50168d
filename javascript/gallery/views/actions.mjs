/** @typedef {import('./gallery.mjs').Gallery} Gallery */

/** Actions after which the focus is elsewhere than in the grid. */
const LEAVES = new Set(['open', 'parent', 'search']);

/**
 * What each action of the table of keys does.
 * @param {Gallery} gallery
 * @param {(text: string) => Promise<boolean>} copy
 * @returns {(action: string, event: KeyboardEvent) => void}
 */
export function actions(gallery, copy) {
  const { viewing, selecting, info, navigating } = gallery;
  /** @type {Record<string, () => unknown>} */
  const inGrid = {
    left: () => gallery.grid?.move('left'),
    right: () => gallery.grid?.move('right'),
    up: () => gallery.grid?.move('up'),
    down: () => gallery.grid?.move('down'),
    first: () => gallery.grid?.move('first'),
    last: () => gallery.grid?.move('last'),
    pageUp: () => gallery.grid?.move('pageUp'),
    pageDown: () => gallery.grid?.move('pageDown'),
    open: () => navigating.open(gallery.state.current),
    parent: () => navigating.parent(),
    select: () => selecting.toggleCurrent(),
    selectAll: () => selecting.all(),
    clear: () => selecting.clear(),
    search: () => gallery.searchField?.select(),
  };
  /** @type {Record<string, () => unknown>} */
  const inViewer = {
    previous: () => viewing.viewer?.previous(),
    next: () => viewing.viewer?.next(),
    first: () => viewing.viewer?.goTo(0),
    last: () => viewing.viewer?.goTo(gallery.state.totals.files - 1),
    zoom: () => viewing.viewer?.toggleZoom(),
    close: () => viewing.close(),
  };
  /** @type {Record<string, () => unknown>} */
  const everywhere = {
    info: () => info.toggle(),
    help: () => gallery.set({ help: true }),
    copy: async () => {
      const item = gallery.currentItem;
      if (item) await copy(await info.texts([item], (answer) => answer.infotext || answer.prompt));
    },
  };
  return (action) => {
    const scope = gallery.state.viewing ? inViewer : inGrid;
    (scope[action] ?? everywhere[action])?.();
    if (scope === inGrid && action in inGrid && !LEAVES.has(action)) gallery.grid?.host.focus({ preventScroll: true });
  };
}
