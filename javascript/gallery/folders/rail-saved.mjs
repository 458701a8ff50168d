import { html, useState } from '../vendor/preact/standalone.mjs';
import { hrefOf } from '../browser/address.mjs';
import { HOME } from '../lib/router.mjs';
import { keyOfSaved } from '../lib/saved.mjs';
import { Icon } from '../ui/icons.mjs';
import { WithMenu } from '../ui/with-menu.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/saved.mjs').Saved} Saved */
/** @typedef {Pick<Parts, 'navigation'|'saved'|'store'|'words'>} Needs */

/** The server counts no further. */
const COUNTED = 10_000;

/**
 * Saved searches and pinned folders in the rail, in the order into which the user drags them.
 * @param {Needs} props
 */
export function RailSaved(props) {
  const { saved, store, words } = props;
  const [dragged, setDragged] = useState(-1);
  if (!store.state.saved.length) return null;
  const row = (/** @type {Saved} */ place, /** @type {number} */ index) => html`<${Row}
    key=${keyOfSaved(place)}
    ...${props}
    place=${place}
    index=${index}
    onDragStart=${() => setDragged(index)}
    onDragEnd=${() => setDragged(-1)}
    onDragOver=${(/** @type {DragEvent} */ event) => dragged >= 0 && event.preventDefault()}
    onDrop=${() => dragged >= 0 && saved.move(dragged, index)}
  />`;
  const label = words.t('saved.label');
  return html`<section class="rail-roots" aria-label=${label}>
    <header><h2>${label}</h2></header>
    <ul>${store.state.saved.map(row)}</ul>
  </section>`;
}

/**
 * @typedef {Object} Dragging
 * @property {() => void} onDragStart
 * @property {() => void} onDragEnd
 * @property {(event: DragEvent) => unknown} onDragOver
 * @property {() => unknown} onDrop
 *
 * @param {Needs & Dragging & {place: Saved, index: number}} props
 */
function Row({ index, navigation, place, saved, store, words, ...dragging }) {
  const { t } = words;
  const { folder, name, query } = place;
  const { state } = store;
  const route = query
    ? { ...HOME, view: /** @type {const} */ ('library'), query, scope: folder }
    : navigation.folderRoute(folder ?? '');
  const isCurrent = query
    ? state.view === 'library' && state.query === query && state.scope === folder
    : state.view === 'folders' && state.folder === folder;
  /** @type {Record<string, () => unknown>} */
  const does = {
    rename: () => saved.askForName(place),
    earlier: () => saved.move(index, index - 1),
    later: () => saved.move(index, index + 1),
    remove: () => saved.remove(place),
  };
  const number = countText(words, state.savedCounts[keyOfSaved(place)]);
  return html`<${WithMenu}
    label=${t('manage.menu', { name })}
    title=${name}
    groups=${groupsOf(t, index, state.saved.length)}
    onChoose=${(/** @type {string} */ id) => does[id]()}
  >
    <a
      class="rail-roots__one"
      href=${hrefOf(route)}
      title=${query || folder}
      draggable=${true}
      data-folder=${query ? null : folder}
      aria-current=${isCurrent ? 'page' : null}
      onDragStart=${dragging.onDragStart}
      onDragEnd=${dragging.onDragEnd}
      onDragOver=${dragging.onDragOver}
      onDrop=${dragging.onDrop}
    >
      <${Icon} name=${query ? 'bookmark' : 'pin'} />
      <span class="rail-roots__name">${name}</span>
      ${number && html`<small>${number}</small>`}
    </a>
  <//>`;
}

/**
 * @param {Parts['words']} words
 * @param {number|null|undefined} count
 */
function countText({ formats }, count) {
  if (count === null || count === undefined) return '';
  return count >= COUNTED ? `${formats.number(COUNTED)}+` : formats.number(count);
}

/**
 * @param {Parts['words']['t']} t
 * @param {number} index
 * @param {number} count
 */
function groupsOf(t, index, count) {
  const moves = [
    { id: 'earlier', icon: 'arrow-up', label: t('saved.up'), fits: index > 0 },
    { id: 'later', icon: 'chevron-down', label: t('saved.down'), fits: index < count - 1 },
  ];
  return [
    [
      { id: 'rename', icon: 'pencil', label: t('action.rename') },
      ...moves.flatMap(({ fits, ...item }) => (fits ? [item] : [])),
    ],
    [{ id: 'remove', icon: 'x', label: t('saved.remove'), kind: 'is-danger' }],
  ];
}
