import { html } from '../vendor/preact/standalone.mjs';
import { readPlace } from '../browser/address.mjs';
import { hintText, impossibleText } from '../lib/hints.mjs';
import { bound } from '../lib/keys.mjs';
import { baseName } from '../lib/paths.mjs';
import { keyOf } from '../ui/key-words.mjs';
import { Toolbar } from '../ui/toolbar.mjs';

/** @typedef {import('../lib/types.mjs').Media} Media */
/** @typedef {import('../lib/types.mjs').SortField} SortField */
/** @typedef {import('../lib/types.mjs').SortOrder} SortOrder */
/** @typedef {import('./parts.mjs').Parts} Parts */

/** Words that find no more than this may be worth a search by meaning. */
const LITTLE = 5;

/**
 * The toolbar: the search, the way to what is shown, and how that is looked at.
 * @param {Parts} parts
 */
export function Head(parts) {
  const {
    display,
    duplicates,
    info,
    navigation,
    plans,
    refresh,
    sort,
    store,
    tilePrefs,
    tree,
    words,
  } = parts;
  const { t } = words;
  const { state } = store;
  const { folder, phase } = state;
  const keys = bound(state.ownKeys);
  const isReady = phase === 'ready';
  const organise = () => folder !== null && plans.askForFolders([folder]);
  return html`<${Toolbar}
    t=${t}
    search=${searchOf(parts)}
    terms=${termsOf(parts)}
    ...${display.view?.way(words)}
    summary=${isReady ? display.view?.summary(words) : []}
    files=${isReady && display.view?.hasFiles}
    readOnly=${state.readOnly}
    sorts=${sort.fields}
    media=${state.media}
    shape=${state.list?.hasShapes ? state.shape : null}
    asList=${state.asList}
    onList=${(/** @type {boolean} */ asList) => tilePrefs.setList(asList)}
    walk=${canWalk(state) ? state.walk : null}
    onWalk=${(/** @type {boolean} */ walk) => navigation.walk(walk)}
    tree=${state.view === 'folders' && phase !== 'start' ? tree.isShown : null}
    onTree=${() => tree.show()}
    onShuffle=${() => sort.shuffle()}
    onMedia=${(/** @type {Media} */ media) => sort.showOnly(media)}
    onShape=${tilePrefs.setShape.bind(tilePrefs)}
    stacks=${sort.stacks}
    stack=${state.stack}
    onStack=${(/** @type {import('../library/view-prefs.mjs').Stack} */ stack) => sort.fold(stack)}
    sort=${state.sort}
    order=${state.order}
    tile=${state.tile}
    info=${state.infoInGrid}
    refreshing=${state.refreshing}
    onSort=${(/** @type {SortField} */ field, /** @type {SortOrder} */ order) => sort.change(field, order)}
    onTile=${tilePrefs.setTile.bind(tilePrefs)}
    onInfo=${() => info.toggle()}
    onRefresh=${() => refresh.ask()}
    onDuplicates=${folder !== null ? () => duplicates.askForFolder(folder) : null}
    onOrganise=${folder !== null && !state.readOnly ? organise : null}
    onHelp=${() => store.set({ help: true })}
    hint=${(/** @type {string} */ action) => keyOf(keys, action, t)}
  />`;
}

/**
 * The search field; null where there is no index to search.
 * @param {Pick<Parts, 'display'|'filters'|'library'|'search'|'similar'|'store'|'words'>} parts
 * @returns {import('../ui/search-field.mjs').SearchFieldProps|null}
 */
function searchOf({ display, filters, library, search, similar, store, words }) {
  const { byMeaning, hasLibrary, query, refused, text } = store.state;
  if (!hasLibrary) return null;
  return {
    t: words.t,
    number: words.formats.number,
    suggest: (typed, caret) => search.suggest(typed, caret),
    text,
    refused: refused || impossibleText(words, display.list),
    byMeaning,
    onMeaning: () => search.toggleMeaning(),
    onHelp: () => store.set({ dialog: { kind: 'syntax' } }),
    count: query && !refused && !byMeaning ? library.countText(words) : '',
    filtering: filters.isOffered ? filters.isOpen : null,
    onFilter: () => filters.toggle(),
    onType: (typed) => search.type(typed),
    onSearch: (typed) => search.run(typed),
    onPicture: (picture) => similar.goPicture(picture),
    onLeave: () => {
      search.remember();
      display.grid?.enter();
    },
    onReady: (field) => {
      search.field = field;
    },
  };
}

/**
 * The terms of the search below its field; null where nothing is searched.
 * @param {Pick<Parts, 'display'|'library'|'search'|'store'|'words'>} parts
 * @returns {import('../ui/terms.mjs').TermsProps|null}
 */
function termsOf({ display, library, search, store, words }) {
  const { query, scope, view } = store.state;
  if ((!query && !scope) || view === 'similar') return null;
  const isLittle =
    query !== '' && view !== 'stats' && display.list === library.list && display.count <= LITTLE;
  const named = (/** @type {string|null} */ path) =>
    path === null ? null : { path, name: baseName(path) };
  return {
    t: words.t,
    query,
    hint: display.count > 0 ? hintText(words, display.list) : '',
    scope: named(scope),
    offered: named(readPlace().fromFolder ?? null),
    saved: search.isSaved,
    onMove: (start, to) => search.move(start, to),
    onRemove: (start) => search.remove(start),
    onScope: (path) => search.within(path),
    onMeaning: isLittle ? () => search.toggleMeaning() : null,
    onSave: () => search.toggleSaved(),
    onEmpty: () => search.field?.focus(),
  };
}

/**
 * Whether there may be files below the folder: not where it has no folders, nor where it cannot be read.
 * @param {import('./state.mjs').GalleryState} state
 */
function canWalk({ folder, hasLibrary, phase, totals, walk }) {
  if (!hasLibrary || folder === null || phase === 'problem') return false;
  return walk || phase === 'loading' || totals.folders > 0;
}
