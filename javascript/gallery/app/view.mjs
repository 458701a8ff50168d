/** @typedef {import('../browser/address.mjs').Place} Place */
/** @typedef {import('../lib/types.mjs').Route} Route */

/**
 * Files in display order: all of a folder, or as much as is known of a timeline.
 * @typedef {import('../folders/folder-list.mjs').FolderList|import('../library/timeline.mjs').Timeline} List
 */

/**
 * How an address differs from what is shown; see ``stepTo`` in state.mjs.
 * @typedef {'moved'|'changed'|'same'} Step
 */

/**
 * What happened to files.
 * @typedef {Object} Change
 * @property {ReadonlySet<string>} gone  paths that are no longer there
 * @property {string|null} current  the path that the current item has now, where it was renamed
 */

/**
 * The way to what is shown, in the toolbar.
 * @typedef {{name: string, path: string, href: string}} Crumb
 * @typedef {{home: {name: string, href: string, icon?: string}|null, crumbs: Crumb[]}} Way
 */

/**
 * What the gallery can show, each at the addresses of its kind. The gallery asks the current one, and
 * nothing else asks which one that is.
 * @typedef {Object} View
 * @property {(route: Route, place: Place, step: Step) => Promise<void>} visit  shows what an address says,
 *   at a place in it
 * @property {() => void} leave  another view is about to be shown
 * @property {() => Promise<void>} refresh  the user, or a change of the index, asks for what is new
 * @property {(change: Change) => Promise<boolean>} changed  files were moved, deleted or renamed; true where
 *   what is shown is up to date with that
 * @property {List|null} list  what the grid draws; null for a page
 * @property {boolean} isGrid  it shows a list in the grid; else it is a page that draws itself
 * @property {(words: Words) => Way} way
 * @property {(words: Words) => string[]} summary  folders, files and bytes in words; '' for what is not there
 * @property {boolean} [isSearch]  it shows what a search finds
 * @property {boolean} hasFiles  the toolbar offers to sort and filter
 * @property {() => Promise<void>} [refreshIfStale]  the user is back; refreshes where what is shown may be
 *   old
 * @property {(gone: ReadonlySet<string>) => boolean} [drop]  takes files out of the list at once; false where
 *   it has to be asked for again
 * @property {() => Promise<void>} [catchUp]  the viewer is closed: shows what waited for that
 */

/**
 * How the user's language says things; ``t`` and ``formats`` are replaced once the page draws.
 * @typedef {{t: import('../lib/i18n.mjs').Translate, formats: import('../lib/format.mjs').Formats}} Words
 */

export {};
