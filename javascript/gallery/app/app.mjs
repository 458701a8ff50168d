import {
  html,
  render,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from '../vendor/preact/standalone.mjs';
import { ContextMenuView } from '../actions/context-menu-view.mjs';
import { keyActions } from '../actions/key-actions.mjs';
import { listenToKeys } from '../actions/keyboard.mjs';
import { hrefOf } from '../browser/address.mjs';
import { isFramed, showHost } from '../browser/host.mjs';
import { writePref } from '../browser/prefs.mjs';
import { FirstRun } from '../folders/first-run.mjs';
import { OfflineLine } from '../folders/offline-line.mjs';
import { RailRoots } from '../folders/rail-roots.mjs';
import { RailSaved } from '../folders/rail-saved.mjs';
import { listenToBoxes } from '../grid/box-selection.mjs';
import { DragTargets } from '../grid/drag-targets.mjs';
import { Selected } from '../grid/selection-bar.mjs';
import { ImportOffer } from '../import/import-offer.mjs';
import { bound } from '../lib/keys.mjs';
import { baseName } from '../lib/paths.mjs';
import { HOME } from '../lib/router.mjs';
import { size } from '../lib/selection.mjs';
import { SimilarBar } from '../pages/similar-bar.mjs';
import { FolderTree } from '../ui/folder-tree.mjs';
import { Icon } from '../ui/icons.mjs';
import { bringAll, later } from '../ui/later.mjs';
import { ListHead } from '../ui/list-head.mjs';
import { Rail } from '../ui/rail.mjs';
import { Toast } from '../ui/toast.mjs';
import { Works } from '../ui/work.mjs';
import { ViewerFrame } from '../viewer/viewer-frame.mjs';
import { Head } from './head.mjs';
import { lossOf, LostBanner } from './lost-banner.mjs';
import { makeGrid, makeScrubber } from './make-grid.mjs';
import { Placeholder } from './placeholder.mjs';
import { worksOf } from './status-line.mjs';

/** @typedef {import('../lib/types.mjs').View} ViewName */
/** @typedef {import('./gallery.mjs').Gallery} Gallery */
/** @typedef {import('./parts.mjs').Parts} Parts */
/** @typedef {import('./view.mjs').Words} Words */
/** @typedef {import('../lib/types.mjs').SortField} SortField */
/** @typedef {import('../lib/types.mjs').SortOrder} SortOrder */
/** @typedef {(action: string, event?: KeyboardEvent) => void} Act */

/** The views in the rail, with their icons. @type {[ViewName, string][]} */
const RAIL = [
  ['library', 'images'],
  ['folders', 'folder'],
  ['albums', 'album'],
  ['tags', 'tag'],
  ['topics', 'layers'],
  ['duplicates', 'copy-check'],
  ['stats', 'chart-column'],
  ['trash', 'trash-2'],
  ['settings', 'settings'],
];

/** What files get that are dropped on a view. @type {Partial<Record<ViewName, string>>} */
const MARKS = { albums: 'album', tags: 'tag' };

/** Views that have nothing to show as long as the library has no folder. @type {ViewName[]} */
const OF_FILES = ['topics', 'graph', 'duplicates', 'stats'];

/** Views that are reached from another one. @type {Partial<Record<ViewName, ViewName>>} */
const PARENTS = { graph: 'topics', history: 'trash', rules: 'tags' };

// None of these is needed to show the first pictures.
const Filtering = later(async () => (await import('./filtering.mjs')).Filtering);
const Dialogs = later(async () => (await import('./dialogs.mjs')).Dialogs);
const DuplicatesView = later(
  async () => (await import('../duplicates/duplicates-view.mjs')).DuplicatesView,
);
const OrganiseView = later(
  async () => (await import('../organise/organise-view.mjs')).OrganiseView,
);
const Page = later(async () => (await import('../pages/page.mjs')).Page);
const Panel = later(async () => (await import('../info/panel.mjs')).Panel);
const Shortcuts = later(async () => (await import('../ui/shortcuts.mjs')).Shortcuts);
const TrashPage = later(async () => (await import('../pages/trash-page.mjs')).TrashPage);
/** When they come if they are not needed before. */
const AT_REST_MS = 2000;

/**
 * What draws each view that is no grid.
 * @type {Partial<Record<ViewName, (props: Parts) => unknown>>}
 */
const PAGES = {
  albums: Page,
  tags: Page,
  rules: Page,
  topics: Page,
  graph: Page,
  stats: Page,
  settings: Page,
  history: Page,
  trash: TrashPage,
  organise: OrganiseView,
  duplicates: DuplicatesView,
};

/**
 * @param {Gallery} gallery
 * @param {Words['t']} t
 * @param {Words['formats']} formats
 */
export function start(gallery, t, formats) {
  Object.assign(gallery.parts.words, { t, formats });
  const host = /** @type {HTMLElement} */ (document.getElementById('app'));
  render(html`<${App} gallery=${gallery} />`, host);
}

/**
 * The whole page.
 * @param {{gallery: Gallery}} props
 */
function App({ gallery }) {
  const { parts } = gallery;
  const { filters, info, store, tree, viewer, words } = parts;
  const { t } = words;
  const state = useStore(store);
  const grid = useRef(/** @type {HTMLElement|null} */ (null));
  const scrubber = useRef(/** @type {HTMLElement|null} */ (null));
  const act = useMemo(() => keyActions(parts), []);
  useLayoutEffect(() => {
    if (grid.current) mountGrid(parts, grid.current, scrubber.current);
    listenToKeys(
      () => bound(store.state.ownKeys),
      () => scopeOf(store.state),
      act,
    );
    gallery.start();
    setTimeout(bringAll, AT_REST_MS);
  }, []);
  const isInfoOpen = info.isOpen;
  useLayoutEffect(() => viewer.slides?.resize(), [isInfoOpen, lossOf(state)]);
  const blurs = state.blurTerms.length > 0 && !state.unblurred;
  const classes = [isInfoOpen && 'has-info', state.labels && 'has-labels', blurs && 'blurs'].filter(
    Boolean,
  );
  const hasTree = state.view === 'folders' && tree.isShown;
  return html`<div
    class=${['shell', ...classes].join(' ')}
  >
    ${!state.viewing && html`<${SkipLink} t=${t} grid=${grid} />`}
    <${LostBanner} ...${parts} />
    <div class="main">
      <div class="browse" inert=${state.viewing}>
        ${state.hasLibrary && html`<${Places} ...${parts} />`}
        ${hasTree && html`<${TreeOf} ...${parts} />`}
        <div class="folder">
          <${Head} ...${parts} />
          ${state.view === 'similar' && html`<${SimilarBar} ...${parts} />`}
          ${state.view === 'library' && html`<${OfflineLine} store=${store} words=${words} />`}
          <div class="folder__row">
            <${Body} ...${parts} grid=${grid} scrubber=${scrubber} />
            ${filters.isOpen && html`<${Filtering} ...${parts} />`}
          </div>
          <${Works} label=${t('jobs.label')} works=${worksOf(parts)} />
        </div>
      </div>
      <${ViewerFrame} ...${parts} act=${act} />
    </div>
    ${isInfoOpen && html`<${Panel} ...${parts} />`}
    ${state.help && html`<${Help} store=${store} words=${words} />`}
    <${ContextMenuView} ...${parts} act=${act} />
    ${state.dialog && html`<${Dialogs} ...${parts} />`}
    <${ToastOf} store=${store} toasts=${parts.toasts} />
  </div>`;
}

/**
 * Seen when it has the focus: from the start of the page to what is shown, past the rail and the toolbar.
 * @param {{t: Words['t'], grid: {current: HTMLElement|null}}} props
 */
function SkipLink({ t, grid }) {
  const skip = () => {
    const main = grid.current?.closest('main');
    const isFilled = main && !main.classList.contains('is-empty');
    (isFilled ? grid.current : main)?.focus();
  };
  return html`<button type="button" class="skip-link button is-primary" onClick=${skip}>
    ${t('view.skip')}
  </button>`;
}

/**
 * @param {Parts} parts
 * @param {HTMLElement} host
 * @param {HTMLElement|null} scrubber
 */
function mountGrid(parts, host, scrubber) {
  const { contextMenu, display, drag, fileDrop, viewer } = parts;
  display.grid = makeGrid(parts, host);
  if (scrubber) display.scrubber = makeScrubber(parts, scrubber, display.grid);
  drag.listen(host);
  fileDrop.listen();
  listenToBoxes(parts, host);
  const stage = viewer.slides?.options.stage;
  if (stage) contextMenu.listen(host, stage);
}

/**
 * Where a key press belongs; null while a dialog was asked for whose modules are on their way: what is
 * typed meanwhile is meant for it.
 * @param {import('./state.mjs').GalleryState} state
 */
function scopeOf({ dialog, help, view, viewing }) {
  const isDialogComing = (dialog !== null && !Dialogs.isHere()) || (help && !Shortcuts.isHere());
  if (isDialogComing) return null;
  if (viewing) return 'viewer';
  return view === 'duplicates' ? 'duplicates' : 'grid';
}

/**
 * The pictures, or what is shown in their place.
 * @param {Parts & {grid: {current: HTMLElement|null}, scrubber: {current: HTMLElement|null}}} props
 */
function Body({ grid, scrubber, ...parts }) {
  const { display, store } = parts;
  const { fresh, list, phase, roots, selection, view } = store.state;
  const isFilled = phase === 'ready' && display.count > 0;
  const isList = isFilled && list !== null && display.shapeOf(list) === 'list';
  const isPage = phase === 'ready' && !display.view?.isGrid;
  const isFirst = isPage && !roots.length && OF_FILES.includes(view);
  const PageOf = isFirst ? FirstRun : isPage && PAGES[view];
  const classes = {
    'is-empty': !isFilled,
    'can-select': list !== null && !list.isRoots,
    'is-selecting': size(selection) > 0,
  };
  const set = Object.entries(classes).flatMap(([name, isSet]) => (isSet ? [name] : []));
  return html`<main class=${['folder__body', ...set].join(' ')} tabindex="-1">
    <div ref=${grid} class="grid" role="grid" tabindex="0" aria-multiselectable="true"></div>
    <div ref=${scrubber} class="scrubber"></div>
    ${isList && html`<${ColumnsOf} ...${parts} />`}
    ${fresh > 0 && html`<${NewPill} ...${parts} />`}
    ${PageOf ? html`<${PageOf} ...${parts} />` : html`<${Placeholder} ...${parts} />`}
    <${ImportOffer} ...${parts} />
    <${DropSign} ...${parts} />
    <${Selected} ...${parts} />
  </main>`;
}

/** @param {Pick<Parts, 'sort'|'store'|'words'>} props */
function ColumnsOf({ sort, store: { state }, words: { t } }) {
  return html`<${ListHead}
    t=${t}
    sorts=${sort.fields}
    sort=${state.sort}
    order=${state.order}
    onSort=${(/** @type {SortField} */ field, /** @type {SortOrder} */ order) => sort.change(field, order)}
  />`;
}

/**
 * What came since the library was asked; it is shown when the user wants to see it.
 * @param {Pick<Parts, 'library'|'store'|'words'>} props
 */
function NewPill({ library, store, words: { t, formats } }) {
  const { fresh } = store.state;
  const text = t('library.new', { count: fresh, number: formats.number(fresh) });
  return html`<button type="button" class="new-pill" onClick=${() => library.showNewest()}>
    <${Icon} name="arrow-up" /><span>${text}</span>
  </button>`;
}

/**
 * Where the files go that are dragged over the page.
 * @param {Pick<Parts, 'store'|'words'>} props
 */
function DropSign({ store, words: { t } }) {
  const { dropInto } = store.state;
  if (dropInto === null) return null;
  const text = dropInto ? t('upload.here', { folder: baseName(dropInto) }) : t('upload.choose');
  return html`<div class="drop-sign" role="status"><${Icon} name="folder" /><span>${text}</span></div>`;
}

/** @param {Pick<Parts, 'api'|'libraryRoots'|'navigation'|'saved'|'store'|'toasts'|'words'>} props */
function Places(props) {
  const { navigation, store, words } = props;
  const { t } = words;
  const { phase, view } = store.state;
  const places = RAIL.map(([name, icon]) => ({
    name: t(`view.${name}`),
    icon,
    href: hrefOf({ ...HOME, view: name }),
    mark: MARKS[name],
    current: (view === name || PARENTS[view] === name) && phase !== 'start',
    go: () => navigation.go({ ...HOME, view: name }),
  }));
  return html`<${Rail}
    label=${t('view.label')}
    more=${t('action.more')}
    places=${places}
    onUp=${isFramed() ? showHost : null}
  >
    <${RailRoots} ...${props} />
    <${RailSaved} ...${props} />
    ${store.state.dragging && html`<${DragTargets} ...${props} />`}
  <//>`;
}

/** @param {Pick<Parts, 'navigation'|'store'|'tree'|'words'>} props */
function TreeOf({ navigation, store, tree, words: { t, formats } }) {
  const rows = tree
    .rows()
    .map(({ count, ...row }) => ({
      ...row,
      count: count ? formats.number(count) : '',
      href: hrefOf(navigation.folderRoute(row.path)),
    }));
  return html`<${FolderTree}
    label=${t('scope.tree')}
    rows=${rows}
    current=${store.state.folder}
    onToggle=${(/** @type {string} */ path) => tree.toggle(path)}
  />`;
}

/** @param {Pick<Parts, 'store'|'words'>} props */
function Help({ store, words: { t } }) {
  /** @param {import('../lib/keys.mjs').OwnKeys} ownKeys */
  const keep = (ownKeys) => {
    writePref('keys', ownKeys);
    store.set({ ownKeys });
  };
  const close = () => store.set({ help: false });
  return html`<${Shortcuts} t=${t} own=${store.state.ownKeys} onChange=${keep} onClose=${close} />`;
}

/** @param {Pick<Parts, 'store'|'toasts'>} props */
function ToastOf({ store, toasts }) {
  const { toast } = store.state;
  return html`<${Toast}
    toast=${toast}
    onHold=${() => toasts.hold()} onRest=${() => toasts.rest()} />`;
}

/** @param {Parts['store']} store */
function useStore(store) {
  const [state, setState] = useState(store.state);
  useLayoutEffect(() => store.subscribe(() => setState(store.state)), []);
  return state;
}
