import { html, render, useLayoutEffect, useMemo, useRef, useState } from '../vendor/preact/standalone.mjs';
import { bound } from '../lib/keys.mjs';
import { baseName, crumbs } from '../lib/paths.mjs';
import { HOME } from '../lib/router.mjs';
import { FolderTree } from '../ui/folder-tree.mjs';
import { Icon } from '../ui/icons.mjs';
import { keyOf } from '../ui/key-words.mjs';
import { bringAll, later } from '../ui/later.mjs';
import { Rail } from '../ui/rail.mjs';
import { Toast } from '../ui/toast.mjs';
import { Toolbar } from '../ui/toolbar.mjs';
import { Works } from '../ui/work.mjs';
import { actions } from '../actions/key-actions.mjs';
import { hrefOf, readPlace } from '../browser/address.mjs';
import { listenToBoxes } from '../grid/box-selection.mjs';
import { Grid } from '../grid/grid.mjs';
import { isFramed, showHost } from '../browser/host.mjs';
import { Scrubber } from '../grid/scrubber.mjs';
import { listenToKeys } from '../actions/keyboard.mjs';
import { ImportOffer } from '../import/import-offer.mjs';
import { OpenMenu } from '../actions/context-menu-view.mjs';
import { Selected } from '../grid/selection-bar.mjs';
import { State } from './placeholder.mjs';
import { ViewerFrame } from '../viewer/viewer-frame.mjs';
import { worksOf } from './status-line.mjs';

/** @typedef {import('../lib/format.mjs').Formats} Formats */
/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('./gallery.mjs').Gallery} Gallery */

/** The views in the rail, with their icons. @type {[import('../lib/types.mjs').View, string][]} */
const PLACES = [
  ['library', 'images'],
  ['folders', 'folder'],
  ['albums', 'album'],
  ['tags', 'tag'],
  ['topics', 'layers'],
  ['stats', 'chart-column'],
  ['trash', 'trash-2'],
];

// None of these is needed to show the first pictures.
const Dialogs = later(async () => (await import('./dialogs.mjs')).Dialogs);
const OrganiseView = later(async () => (await import('../organise/organise-view.mjs')).OrganiseView);
const Page = later(async () => (await import('../pages/page.mjs')).Page);
const Panel = later(async () => (await import('../info/panel.mjs')).Panel);
const Shortcuts = later(async () => (await import('../ui/shortcuts.mjs')).Shortcuts);
const TrashView = later(async () => (await import('../pages/trash-page.mjs')).TrashView);
/** When they come if nobody asks for them before. */
const AT_REST_MS = 2000;

/**
 * Views that are no grid and ask for what they show before they are there.
 * @type {Partial<Record<import('../lib/types.mjs').View, (props: {gallery: Gallery}) => unknown>>}
 */
const OWN = { trash: TrashView, organise: OrganiseView };

/** @typedef {{gallery: Gallery, t: Translate, formats: Formats}} AppProps */

/**
 * @param {Gallery} gallery
 * @param {Translate} t
 * @param {Formats} formats
 */
export function start(gallery, t, formats) {
  gallery.words = { t, formats };
  render(
    html`<${App} gallery=${gallery} t=${t} formats=${formats} />`,
    /** @type {HTMLElement} */ (document.getElementById('app')),
  );
}

/**
 * The whole page.
 * @param {AppProps} props
 */
function App({ gallery, t, formats }) {
  const state = useStore(gallery);
  const grid = useRef(/** @type {HTMLElement|null} */ (null));
  const scrubber = useRef(/** @type {HTMLElement|null} */ (null));
  const words = { t, formats };
  const act = useMemo(() => actions(gallery), []);

  useLayoutEffect(() => {
    if (grid.current) {
      gallery.grid = makeGrid(gallery, grid.current, t, formats);
      if (scrubber.current)
        gallery.scrubber = new Scrubber(scrubber.current, gallery.grid, {
          month: formats.shortMonth,
          label: t('timeline.label'),
        });
      gallery.dragging.listen(grid.current);
      listenToBoxes(gallery, grid.current);
      const stage = gallery.viewing.viewer?.options.stage;
      if (stage) gallery.menus.listen(grid.current, stage);
    }
    listenToKeys(
      () => bound(gallery.state.ownKeys),
      () => (isDialogComing(gallery.state) ? null : gallery.state.viewing ? 'viewer' : 'grid'),
      act,
    );
    gallery.start();
    setTimeout(bringAll, AT_REST_MS);
  }, []);
  const info = gallery.info.isOpen;
  const filled = state.phase === 'ready' && gallery.count > 0;
  useLayoutEffect(() => gallery.viewing.viewer?.resize(), [info]);

  return html`<div class=${`shell ${info ? 'has-info' : ''}`}>
    <div class="main">
      <div class="browse" inert=${state.viewing}>
        ${state.hasLibrary && html`<${Rail} label=${t('view.label')} places=${places(gallery, t)} onUp=${isFramed() ? showHost : null} />`}
        ${
          state.view === 'folders' &&
          gallery.tree.isShown &&
          html`<${FolderTree} label=${t('scope.tree')} rows=${treeRows(gallery)} current=${state.folder}
          onToggle=${(/** @type {string} */ path) => gallery.tree.toggle(path)} />`
        }
        <div class="folder">
        <${Head} gallery=${gallery} ...${words} />
        <main class=${`folder__body ${filled ? '' : 'is-empty'}`}>
          <div ref=${grid} class="grid" role="grid" tabindex="0" aria-multiselectable="true"></div>
          <div ref=${scrubber} class="scrubber"></div>
          ${state.fresh > 0 && html`<${NewPill} gallery=${gallery} ...${words} />`}
          ${OWN[state.view] && state.phase === 'ready' ? html`<${OWN[state.view]} gallery=${gallery} />` : html`<${State} gallery=${gallery} ...${words} />`}
          ${gallery.isPage && !OWN[state.view] && state.phase === 'ready' && html`<${Page} gallery=${gallery} />`}
          <${ImportOffer} gallery=${gallery} />
          <${Selected} gallery=${gallery} />
        </main>
        <${Works} label=${t('jobs.label')} works=${worksOf(gallery, t, formats)} />
        </div>
      </div>
      <${ViewerFrame} gallery=${gallery} act=${act} />
    </div>
    ${info && html`<${Panel} gallery=${gallery} />`}
    ${state.help && html`<${Shortcuts} t=${t} own=${state.ownKeys} onChange=${gallery.setKeys.bind(gallery)} onClose=${() => gallery.set({ help: false })} />`}
    <${OpenMenu} gallery=${gallery} act=${act} />
    ${state.dialog && html`<${Dialogs} gallery=${gallery} />`}
    <${Toast} toast=${state.toast} onHold=${() => gallery.toasts.hold()} onRest=${() => gallery.toasts.rest()} />
  </div>`;
}

/**
 * True while a dialog was asked for whose modules are on their way: what is typed meanwhile is meant for it.
 * @param {import('./state.mjs').GalleryState} state
 */
function isDialogComing({ dialog, help }) {
  return (dialog !== null && !Dialogs.isHere()) || (help && !Shortcuts.isHere());
}

/**
 * What came since the library was asked; it is shown when the user wants to see it.
 * @param {AppProps} props
 */
function NewPill({ gallery, t, formats }) {
  const { fresh } = gallery.state;
  return html`<button type="button" class="new-pill" onClick=${() => gallery.changes.show()}>
    <${Icon} name="arrow-up" /><span>${t('library.new', { count: fresh, number: formats.number(fresh) })}</span>
  </button>`;
}

/** @param {AppProps} props */
function Head({ gallery, t, formats }) {
  const { state } = gallery;
  const { library } = gallery;
  const { searching } = gallery;
  const keys = bound(state.ownKeys);
  const search = state.hasLibrary
    ? {
        t,
        number: formats.number,
        suggest: (/** @type {string} */ text, /** @type {number} */ caret) => searching.suggest(text, caret),
        text: state.text,
        refused: state.refused,
        count: state.query && !state.refused ? found(gallery, t, formats) : '',
        onType: (/** @type {string} */ text) => library.type(text),
        onSearch: (/** @type {string} */ text) => library.search(text),
        onLeave: () => {
          searching.remember();
          gallery.grid?.enter();
        },
        onReady: (/** @type {HTMLInputElement} */ field) => {
          gallery.searchField = field;
        },
      }
    : null;
  return html`<${Toolbar} t=${t} search=${search} terms=${termsOf(gallery, t)} ...${wayTo(gallery, t)}
    summary=${summary(gallery, t, formats)} files=${!gallery.isAtRoots && !gallery.isPage && state.phase === 'ready'} readOnly=${state.readOnly}
    sorts=${gallery.habits.fields(gallery.route)} media=${state.media} shape=${state.list?.hasShapes ? state.shape : null}
    walk=${state.hasLibrary && state.folder !== null ? state.walk : null} onWalk=${(/** @type {boolean} */ walk) => gallery.navigating.walk(walk)}
    tree=${state.view === 'folders' && state.phase !== 'start' ? gallery.tree.isShown : null} onTree=${() => gallery.tree.show()}
    onShuffle=${() => gallery.sorting.shuffle()} onMedia=${(/** @type {import('../lib/types.mjs').Media} */ media) => gallery.sorting.show(media)}
    onShape=${gallery.setShape.bind(gallery)} sort=${state.sort} order=${state.order} tile=${state.tile} info=${state.infoInGrid} refreshing=${state.refreshing}
    onSort=${gallery.sorting.change.bind(gallery.sorting)} onTile=${gallery.setTile.bind(gallery)} onInfo=${() => gallery.info.toggle()}
    onRefresh=${() => gallery.refreshing.ask()} onOrganise=${state.view === 'folders' && state.folder !== null && !state.readOnly ? () => gallery.organising.askForFolders([/** @type {string} */ (state.folder)]) : null}
    onHelp=${() => gallery.set({ help: true })} hint=${(/** @type {string} */ action) => keyOf(keys, action, t)} />`;
}

/**
 * @param {Gallery} gallery
 * @param {Translate} t
 * @returns {import('../ui/terms.mjs').TermsProps|null}
 */
function termsOf(gallery, t) {
  const { state, searching, library } = gallery;
  const { view, query, scope } = state;
  const from = readPlace().fromFolder ?? null;
  if (view !== 'library' || (!query && !scope)) return null;
  const named = (/** @type {string|null} */ path) => (path === null ? null : { path, name: baseName(path) });
  return {
    t,
    query,
    scope: named(scope),
    offered: named(from),
    saved: searching.isSaved,
    onMove: (start, to) => searching.move(start, to),
    onRemove: (start) => searching.remove(start),
    onScope: (path) => library.within(path),
    onSave: () => searching.toggleSaved(),
    onEmpty: () => gallery.searchField?.focus(),
  };
}

/** @param {Gallery} gallery */
function treeRows({ tree, navigating }) {
  return tree.rows().map((row) => ({ ...row, href: hrefOf(navigating.folderRoute(row.path)) }));
}

/**
 * @param {Gallery} gallery
 * @param {Translate} t
 */
function places({ state }, t) {
  return PLACES.map(([view, icon]) => ({
    name: t(`view.${view}`),
    icon,
    href: hrefOf({ ...HOME, view }),
    current: state.view === view && state.phase !== 'start',
  }));
}

/**
 * The way to what is shown.
 * @param {Gallery} gallery
 * @param {Translate} t
 */
function wayTo(gallery, t) {
  const { state, navigating } = gallery;
  const { view, folder, roots, query, scope, phase } = state;
  if (view === 'topics' && state.topic !== null) {
    const title = gallery.topics.shown?.topic.title ?? '';
    return {
      home: { name: t('view.topics'), href: hrefOf({ ...HOME, view: 'topics' }) },
      crumbs: [{ name: title, path: state.topic, href: '' }],
    };
  }
  if (gallery.isPage) return { home: null, crumbs: [{ name: t(`view.${view}`), path: '', href: '' }] };
  if (view === 'library')
    return {
      home: null,
      crumbs: [{ name: t(query || scope ? 'view.found' : 'view.library'), path: '', href: '' }],
    };
  const way = folder === null ? [] : crumbs(folder, roots);
  // Not before the roots are known: the word would be gone again at once where there is only one.
  const hasHome = roots.length > 1 || (folder === null && phase !== 'start');
  return {
    home: hasHome ? { name: t('view.folders'), href: hrefOf(navigating.folderRoute(null)) } : null,
    crumbs: way.map((crumb) => ({ ...crumb, href: hrefOf(navigating.folderRoute(crumb.path)) })),
  };
}

/**
 * How many files the library, or a search in it, has; '' while the pictures are still those of
 * another search.
 * @param {Gallery} gallery
 * @param {Translate} t
 * @param {Formats} formats
 */
function found({ library }, t, formats) {
  const list = library.timeline;
  if (!list) return '';
  return t('summary.files', {
    count: list.count,
    number: `${formats.number(list.count)}${list.isComplete ? '' : '+'}`,
  });
}

/**
 * What is in the folder: folders, files, bytes; '' for what is not there.
 * @param {Gallery} gallery
 * @param {Translate} t
 * @param {Formats} formats
 */
function summary(gallery, t, formats) {
  const {
    phase,
    view,
    query,
    totals: { folders, files, bytes },
  } = gallery.state;
  if (phase !== 'ready' || gallery.isAtRoots || gallery.isPage) return [];
  if (gallery.isTimeline) return ['', query ? '' : found(gallery, t, formats)];
  return [
    folders > 0 ? t('summary.folders', { count: folders, number: formats.number(folders) }) : '',
    files > 0 ? t('summary.files', { count: files, number: formats.number(files) }) : '',
    bytes > 0 ? formats.bytes(bytes) : '',
  ];
}

/**
 * @param {Gallery} gallery
 * @param {HTMLElement} host
 * @param {Translate} t
 * @param {Formats} formats
 */
function makeGrid(gallery, host, t, formats) {
  const grid = new Grid({
    host,
    thumbnail: (item, size) => gallery.api.thumbnail(item.path, item.date, size),
    ask: (url) => gallery.api.status(url),
    isAway: (item) => gallery.changing.isAway(item.path),
    preview: (item) => gallery.api.preview(item.path, item.date),
    covers: gallery.covers,
    detail: (item) => folderDetail(item, t, formats),
    onActivate: (index, event) => gallery.navigating.activate(index, event),
    onCurrent: (index) => gallery.setCurrent(index),
    marks: (item) => marksOf(gallery, item, t),
    onScrollEnd: () => {
      gallery.keepPlace();
      gallery.marking.want(gallery.grid?.near() ?? []);
    },
    headings: { day: formats.day, month: formats.month },
    onView: () => gallery.scrubber?.update(),
    label: t('view.label'),
    onThumbnail: (item, width, height) => {
      const { sizes } = gallery.viewing;
      if (!sizes.has(item.path)) sizes.set(item.path, { width, height, exact: false });
    },
  });
  grid.wanted = gallery.state.tile;
  return grid;
}

/**
 * @param {Gallery} gallery
 * @param {Item} item
 * @param {Translate} t
 */
function marksOf({ marking }, item, t) {
  const { rating, liked } = marking.of(item);
  const words = [rating ? t('marks.stars', { count: rating }) : '', liked ? t('marks.liked') : ''];
  return { rating, liked, label: words.filter(Boolean).join(', ') };
}

/**
 * The second line of a folder's card. Roots have no date of their own, and their place on the disk says more.
 * @param {Item} item
 * @param {Translate} t
 * @param {Formats} formats
 */
function folderDetail(item, t, formats) {
  if (!item.online) return t('roots.offline');
  return item.date > 0 ? formats.date(item.date) : item.path;
}

/** @param {Gallery} gallery */
function useStore(gallery) {
  const [state, setState] = useState(gallery.state);
  useLayoutEffect(() => gallery.store.subscribe(() => setState(gallery.state)), []);
  return state;
}
