import { html } from '../vendor/preact/standalone.mjs';
import { hrefOf } from '../browser/address.mjs';
import { isWithin } from '../lib/paths.mjs';
import { IconButton } from '../ui/button.mjs';
import { Icon } from '../ui/icons.mjs';
import { WithMenu } from '../ui/with-menu.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Root} Root */
/** @typedef {Pick<Parts, 'libraryRoots'|'navigation'|'store'|'words'>} Needs */

/**
 * The folders of the library in the rail, pinned ones first: their counts, whether they are connected, and
 * what can be done with them.
 * @param {Needs} props
 */
export function RailRoots(props) {
  const { libraryRoots, store, words } = props;
  const { t } = words;
  const { readOnly, restricted, roots } = store.state;
  if (!roots.length) return null;
  const isPinned = (/** @type {Root} */ { type }) => type === 'scan-fixed';
  const ordered = [...roots.filter(isPinned), ...roots.filter((root) => !isPinned(root))];
  const add = html`<${IconButton}
    icon="plus"
    label=${t('roots.add')}
    onClick=${() => libraryRoots.askToAdd()}
  />`;
  return html`<section class="rail-roots" aria-label=${t('view.folders')}>
    <header>
      <h2>${t('view.folders')}</h2>
      ${!readOnly && !restricted && add}
    </header>
    <ul>${ordered.map((root) => html`<${One} key=${root.path} ...${props} root=${root} />`)}</ul>
  </section>`;
}

/** @param {Needs & {root: Root}} props */
function One({ libraryRoots, navigation, root, store, words: { t, formats } }) {
  const { count, name, not_made: isNotMade, online, path } = root;
  const { folder, readOnly, view } = store.state;
  const isCurrent = view === 'folders' && folder !== null && isWithin(folder, path);
  const problem = isNotMade ? 'not-made' : 'offline';
  const state = online ? path : t(`problem.${problem}.title`, { name });
  /** @type {Record<string, () => void>} */
  const does = {
    rename: () => libraryRoots.askForName(root),
    pin: () => libraryRoots.pin(root),
    update: () => libraryRoots.update(),
    rebuild: () => libraryRoots.rebuild(root),
    remove: () => libraryRoots.askToRemove(root),
  };
  return html`<${WithMenu}
    label=${t('manage.menu', { name })}
    title=${name}
    groups=${readOnly ? [] : groupsOf(root, t)}
    onChoose=${(/** @type {string} */ id) => does[id]()}
  >
    <a
      class=${`rail-roots__one ${online ? '' : `is-${problem}`}`}
      href=${hrefOf(navigation.folderRoute(path))}
      title=${state}
      data-folder=${online ? path : null}
      aria-current=${isCurrent ? 'page' : null}
    >
      <${Icon} name=${iconOf(root)} />
      <span class="rail-roots__name">${name}</span>
      ${!online && html`<span class="visually-hidden">${t(`roots.${problem}`)}</span>`}
      ${online && count !== undefined && html`<small>${formats.number(count)}</small>`}
    </a>
  <//>`;
}

/** @param {Root} root */
function iconOf({ not_made: isNotMade, online, type }) {
  if (!online && !isNotMade) return 'unplug';
  return type === 'scan-fixed' ? 'pin' : 'folder';
}

/**
 * What can be done; a folder of the settings is changed there.
 * @param {Root} root
 * @param {Parts['words']['t']} t
 */
function groupsOf({ fixed, online, type }, t) {
  const update = { id: 'update', icon: 'refresh-cw', label: t('roots.update') };
  const rebuild = { id: 'rebuild', icon: 'rotate-cw', label: t('roots.rebuild') };
  const updates = [update, ...(online && type !== 'walk' ? [rebuild] : [])];
  if (fixed) return [updates];
  const pin = type === 'scan-fixed' ? ['pin-off', 'roots.unpin'] : ['pin', 'roots.pin'];
  return [
    [
      { id: 'rename', icon: 'pencil', label: t('action.rename') },
      ...(type === 'walk' ? [] : [{ id: 'pin', icon: pin[0], label: t(pin[1]) }, ...updates]),
    ],
    [{ id: 'remove', icon: 'x', label: t('roots.remove'), kind: 'is-danger' }],
  ];
}
