/**
 * What the page is made of, below its components. The gallery builds each part from those that it
 * needs; parts and components name what they take: ``Pick<Parts, 'api'|'store'>``.
 * @typedef {Object} Parts
 * @property {import('../lib/store.mjs').Store<import('./state.mjs').GalleryState>} store
 * @property {import('./view.mjs').Words} words
 * @property {import('../api/api.mjs').Api} api
 * @property {import('../library/view-prefs.mjs').ViewPrefs} viewPrefs
 * @property {import('../folders/listings.mjs').Listings} listings
 * @property {import('../library/timelines.mjs').Timelines} timelines
 * @property {import('../early.mjs').Early['pictures']} earlyPictures
 * @property {import('../grid/folder-covers.mjs').FolderCovers} covers
 * @property {import('./display.mjs').Display} display
 * @property {import('./toasts.mjs').Toasts} toasts
 * @property {import('./undo.mjs').UndoStack} undo
 * @property {import('./jobs.mjs').Jobs} jobs
 * @property {(typed?: string|null) => Promise<void>} visit  shows what the address says
 * @property {() => Promise<void>} retry  loads everything from the server again
 * @property {import('./navigation.mjs').Navigation} navigation
 * @property {import('./refresh.mjs').Refresh} refresh
 * @property {import('../grid/selection.mjs').GridSelection} selection
 * @property {import('../grid/drag.mjs').Drag} drag
 * @property {import('../actions/file-drop.mjs').FileDrop} fileDrop
 * @property {import('../grid/tile-prefs.mjs').TilePrefs} tilePrefs
 * @property {import('../info/info-loader.mjs').InfoLoader} info
 * @property {import('../viewer/controller.mjs').ViewerController} viewer
 * @property {import('../folders/library-roots.mjs').LibraryRoots} libraryRoots
 * @property {import('../folders/folders.mjs').Folders} folders
 * @property {import('../folders/tree.mjs').Tree} tree
 * @property {import('../library/library.mjs').Library} library
 * @property {import('../library/poll.mjs').Poll} poll
 * @property {import('../library/blur.mjs').Blur} blur
 * @property {import('../library/captions.mjs').Captions} captions
 * @property {import('../library/saved.mjs').SavedPlaces} saved
 * @property {import('../library/search.mjs').Search} search
 * @property {import('../library/sort.mjs').Sort} sort
 * @property {import('../library/filters.mjs').Filters} filters
 * @property {import('../library/index-status.mjs').IndexStatus} indexStatus
 * @property {import('../actions/reconcile.mjs').Reconciler} reconciler
 * @property {import('../actions/subject.mjs').Subjects} subjects
 * @property {import('../actions/file-operations.mjs').FileOperations} fileOperations
 * @property {import('../actions/marks.mjs').FileMarks} marks
 * @property {import('../actions/commands.mjs').Commands} commands
 * @property {import('../actions/context-menu.mjs').ContextMenu} contextMenu
 * @property {import('../organise/plans.mjs').OrganisePlans} plans
 * @property {import('../duplicates/duplicates.mjs').Duplicates} duplicates
 * @property {import('../duplicates/groups.mjs').DuplicateGroups} duplicateGroups
 * @property {import('../import/marks-import.mjs').MarksImport} marksImport
 * @property {import('../pages/page-view.mjs').PageView} page
 * @property {import('../pages/album-actions.mjs').AlbumActions} albumActions
 * @property {import('../pages/tag-actions.mjs').TagActions} tagActions
 * @property {import('../pages/rule-actions.mjs').RuleActions} ruleActions
 * @property {import('../pages/settings-actions.mjs').SettingsActions} settingsActions
 * @property {import('../pages/similar.mjs').Similar} similar
 * @property {import('../pages/topics.mjs').Topics} topics
 * @property {import('../pages/trash.mjs').Trash} trash
 */

export {};
