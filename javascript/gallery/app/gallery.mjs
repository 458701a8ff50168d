import { Commands } from '../actions/commands.mjs';
import { ContextMenu } from '../actions/context-menu.mjs';
import { FileDrop } from '../actions/file-drop.mjs';
import { FileOperations } from '../actions/file-operations.mjs';
import { FileMarks } from '../actions/marks.mjs';
import { Reconciler } from '../actions/reconcile.mjs';
import { Subjects } from '../actions/subject.mjs';
import { readAddress, readPlace } from '../browser/address.mjs';
import { writePref } from '../browser/prefs.mjs';
import { Duplicates } from '../duplicates/duplicates.mjs';
import { DuplicateGroups } from '../duplicates/groups.mjs';
import { Folders } from '../folders/folders.mjs';
import { LibraryRoots } from '../folders/library-roots.mjs';
import { Tree } from '../folders/tree.mjs';
import { Drag } from '../grid/drag.mjs';
import { FolderCovers } from '../grid/folder-covers.mjs';
import { GridSelection } from '../grid/selection.mjs';
import { TilePrefs } from '../grid/tile-prefs.mjs';
import { MarksImport } from '../import/marks-import.mjs';
import { InfoLoader } from '../info/info-loader.mjs';
import { formatsFor } from '../lib/format.mjs';
import { PAGES } from '../lib/router.mjs';
import { createStore } from '../lib/store.mjs';
import { Blur } from '../library/blur.mjs';
import { Captions } from '../library/captions.mjs';
import { Filters } from '../library/filters.mjs';
import { IndexStatus } from '../library/index-status.mjs';
import { Library } from '../library/library.mjs';
import { Poll } from '../library/poll.mjs';
import { SavedPlaces } from '../library/saved.mjs';
import { Search } from '../library/search.mjs';
import { Sort } from '../library/sort.mjs';
import { OrganisePlans } from '../organise/plans.mjs';
import { AlbumActions } from '../pages/album-actions.mjs';
import { PageView } from '../pages/page-view.mjs';
import { RuleActions } from '../pages/rule-actions.mjs';
import { SettingsActions } from '../pages/settings-actions.mjs';
import { Similar } from '../pages/similar.mjs';
import { TagActions } from '../pages/tag-actions.mjs';
import { Topics } from '../pages/topics.mjs';
import { Trash } from '../pages/trash.mjs';
import { ViewerController } from '../viewer/controller.mjs';
import { complete } from './default-route.mjs';
import { Display } from './display.mjs';
import { Jobs } from './jobs.mjs';
import { Navigation } from './navigation.mjs';
import { Refresh } from './refresh.mjs';
import { initialState, stepTo } from './state.mjs';
import { Toasts } from './toasts.mjs';
import { UndoStack } from './undo.mjs';

/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('./parts.mjs').Parts} Parts */
/** @typedef {import('./view.mjs').View} View */

/**
 * Builds the parts of the page, each after those that it needs. Where two need each other, one of them
 * gets a function.
 * @param {import('../early.mjs').Early} early
 * @param {{narrow: boolean}} screen
 * @param {Pick<Parts, 'visit'|'retry'>} ways
 * @returns {Parts}
 */
function build(early, screen, ways) {
  const { api, viewPrefs, listings, timelines, pictures } = early;
  const store = createStore(initialState(screen, viewPrefs.views.folders));
  const words = { t: (/** @type {string} */ key) => key, formats: formatsFor('en') };
  const ground = {
    api,
    viewPrefs,
    listings,
    timelines,
    earlyPictures: pictures,
    store,
    words,
    ...ways,
  };

  /** @type {Parts} */
  const parts = /** @type {any} */ ({ ...ground });
  parts.display = new Display(parts, displayEvents(parts));
  parts.covers = new FolderCovers(api, () => parts.display.grid?.cards.refresh());
  parts.toasts = new Toasts(parts);
  parts.undo = new UndoStack(parts);
  parts.jobs = new Jobs(parts);
  parts.selection = new GridSelection(parts);
  parts.subjects = new Subjects(parts);
  parts.navigation = new Navigation(parts, (index) => parts.viewer.open(index));
  parts.info = new InfoLoader(parts, () => parts.viewer.neighbours());
  parts.viewer = new ViewerController(parts);

  parts.folders = new Folders(parts);
  parts.tree = new Tree(parts);
  parts.library = new Library(parts, () => parts.poll.look());
  parts.poll = new Poll(parts, () => {
    parts.libraryRoots.follow();
    parts.saved.follow();
    parts.blur.refresh();
  });
  parts.blur = new Blur(parts);
  parts.captions = new Captions(parts);
  parts.saved = new SavedPlaces(parts);
  parts.search = new Search(parts);
  parts.filters = new Filters(parts);
  parts.sort = new Sort(parts);
  parts.indexStatus = new IndexStatus(parts, () => parts.library.lookIfShown());
  parts.refresh = new Refresh(parts);
  parts.libraryRoots = new LibraryRoots(parts);
  parts.tilePrefs = new TilePrefs(parts);

  parts.similar = new Similar(parts);
  parts.reconciler = new Reconciler(parts);
  parts.marks = new FileMarks(parts);
  parts.fileOperations = new FileOperations(parts);
  parts.plans = new OrganisePlans(parts);
  parts.duplicates = new Duplicates(parts);
  parts.duplicateGroups = new DuplicateGroups(parts);
  parts.commands = new Commands(parts);
  parts.contextMenu = new ContextMenu(parts);
  parts.drag = new Drag(parts);
  parts.fileDrop = new FileDrop(parts);
  parts.marksImport = new MarksImport(parts);
  parts.page = new PageView(parts);
  parts.albumActions = new AlbumActions(parts);
  parts.ruleActions = new RuleActions(parts);
  parts.settingsActions = new SettingsActions(parts);
  parts.tagActions = new TagActions(parts);
  parts.topics = new Topics(parts);
  parts.trash = new Trash(parts);
  parts.display.view = parts.folders;
  return parts;
}

/**
 * @param {Parts} parts  filled by the time anything happens
 * @returns {import('./display.mjs').Events}
 */
function displayEvents(parts) {
  return {
    onReset: () => parts.viewer.forget(),
    onArrange: () => {
      parts.info.ask(0);
      if (parts.store.state.viewing) parts.viewer.renumber();
      parts.viewer.prepare();
    },
    onArrive: (first, count) => parts.viewer.arrived(first, count),
    onStale: () => parts.refresh.now(),
    onCurrent: (item) => ({ info: parts.info.find(item), infoFailed: false }),
    onMoved: () => parts.info.ask(),
  };
}

/** The page without its elements: where the user is, and everything that can be done there. */
export class Gallery {
  /**
   * @param {import('../early.mjs').Early} early
   * @param {{narrow: boolean}} screen
   */
  constructor(early, screen) {
    /** @type {Promise<import('../lib/types.mjs').Settings>|null} */
    this.early = early.settings;
    this.parts = build(early, screen, {
      visit: (typed) => this.visitAddress(typed),
      retry: () => this.retry(),
    });
  }

  async start() {
    window.addEventListener('popstate', () => this.visitAddress());
    this.parts.refresh.start();
    this.parts.poll.start();
    await this.retry();
  }

  /** Loads everything from the server again: at the start, and after a failure. */
  async retry() {
    const { api, display, indexStatus, libraryRoots, saved, store } = this.parts;
    const settings = this.early ?? api.settings();
    this.early = null;
    store.set({ phase: store.state.phase === 'start' ? 'start' : 'loading', problem: null });
    try {
      this.takeSettings(await settings);
    } catch (error) {
      display.fail(error, null);
      return;
    }
    await this.visitAddress();
    indexStatus.follow();
    libraryRoots.load();
    saved.count();
  }

  /** @param {import('../lib/types.mjs').Settings} settings */
  takeSettings(settings) {
    const {
      roots,
      is_readonly: readOnly,
      delete_mode: deleteMode,
      app_fe_setting: stored,
    } = settings;
    const { blur, marksImport, saved, store } = this.parts;
    blur.takeOver(stored ?? {});
    saved.takeOver(stored ?? {});
    writePref('home', roots.length === 1 ? roots[0].path : '');
    store.set({ roots, readOnly, deleteMode, restricted: settings.enable_access_control });
    marksImport.takeOver(stored ?? {});
  }

  /**
   * Shows what the address says.
   * @param {string|null} [typed]  what is in the search field, where that led here
   */
  async visitAddress(typed = null) {
    const { display, store, tree, viewer, viewPrefs } = this.parts;
    const route = readAddress();
    display.route = route;
    await complete(this.parts, route);
    if (display.route !== route) return;
    const sorted = viewPrefs.of(route);
    const step = stepTo(store.state, route, sorted);
    store.set({ ...sorted, text: typed ?? route.query });
    const view = this.viewAt(route);
    if (view !== display.view) display.view?.leave();
    display.view = view;
    if (step !== 'same') await view.visit(route, readPlace(), step);
    if (display.route === route && store.state.phase === 'ready') {
      viewer.visit(route.open);
      if (route.compare) viewer.compareFiles(route.compare);
    }
    tree.follow();
  }

  /**
   * @param {Route} route
   * @returns {View}
   */
  viewAt({ view, topic, walk }) {
    const { duplicates, folders, library, page, plans, similar, topics, trash } = this.parts;
    if (view === 'similar') return similar;
    if (view === 'trash') return trash;
    if (view === 'organise') return plans;
    if (view === 'duplicates') return duplicates;
    if (topic !== null) return topics;
    if (view !== null && PAGES.includes(view)) return page;
    return view === 'library' || walk ? library : folders;
  }
}
