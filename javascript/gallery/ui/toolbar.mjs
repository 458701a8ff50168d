import { html, useRef, useState } from '../vendor/preact/standalone.mjs';
import { MEDIA } from '../lib/router.mjs';
import { groupOfSort, naturalOrder, parameterOf } from '../lib/sort.mjs';
import { Breadcrumbs } from './breadcrumbs.mjs';
import { IconButton } from './button.mjs';
import { valueOf } from './events.mjs';
import { Menu } from './menu.mjs';
import { SearchField } from './search-field.mjs';
import { Terms } from './terms.mjs';

/** @typedef {import('../lib/arrangement.mjs').Shape} Shape */
/** @typedef {import('../lib/types.mjs').Media} Media */
/** @typedef {import('../lib/types.mjs').SortField} SortField */
/** @typedef {import('../lib/types.mjs').SortOrder} SortOrder */
/** @typedef {import('../lib/types.mjs').StackKind} StackKind */
/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

export const TILE_MIN = 88;
export const TILE_MAX = 360;
/** The classes of the summary's parts. */
const PARTS = ['folders', 'files', 'bytes'];

/**
 * @typedef {Object} ToolbarProps
 * @property {Translate} t
 * @property {Parameters<typeof Breadcrumbs>[0]['crumbs']} crumbs
 * @property {Parameters<typeof Breadcrumbs>[0]['home']} home
 * @property {import('./search-field.mjs').SearchFieldProps|null} search  null: there is nothing to search
 * @property {import('./terms.mjs').TermsProps|null} terms  null: nothing is searched
 * @property {string[]} summary  what is here: folders, files, bytes; '' for what is not
 * @property {boolean} files  false: only roots are shown, which have one order and one size
 * @property {SortField[]} sorts  what can be sorted by here
 * @property {SortField} sort
 * @property {SortOrder} order
 * @property {Media} media
 * @property {Shape|null} shape  null: nothing is known of the shapes
 * @property {boolean} asList  files are lines of a list
 * @property {boolean|null} walk  whether what is below the folder is shown too; null: this is no folder
 * @property {boolean|null} tree  whether the tree of folders is shown; null: there is none here
 * @property {StackKind[]|null} stacks  what files can be folded by; null: they cannot
 * @property {StackKind|''} stack  what they are folded by
 * @property {(stack: StackKind|'') => void} onStack
 * @property {number} tile  wanted width of a tile in pixels
 * @property {boolean} readOnly
 * @property {boolean} info
 * @property {boolean} refreshing
 * @property {(sort: SortField, order: SortOrder) => void} onSort
 * @property {() => void} onShuffle
 * @property {(media: Media) => void} onMedia
 * @property {(shape: Shape) => void} onShape
 * @property {(asList: boolean) => void} onList
 * @property {(walk: boolean) => void} onWalk
 * @property {() => void} onTree
 * @property {(tile: number) => void} onTile
 * @property {() => void} onInfo
 * @property {(() => void)|null} onDuplicates  null: this is no folder
 * @property {(() => void)|null} onOrganise  null: this is no folder, or nothing can be changed
 * @property {() => void} onRefresh
 * @property {() => void} onHelp
 * @property {(action: string) => string} hint  the key of an action
 */

/** @param {ToolbarProps} props */
export function Toolbar(props) {
  const { t, walk } = props;
  // On a phone there is no room for it all the time.
  const [open, setOpen] = useState(false);
  const { search, terms } = props;
  const kind = `${search ? 'has-search' : ''} ${open ? 'is-open' : ''}`;
  const walkButton = html`<button
    type="button"
    class="toggle"
    aria-pressed=${walk}
    title=${t('scope.walk.title')}
    onClick=${() => props.onWalk(!walk)}
  >
    ${t('scope.walk')}
  </button>`;
  const part = (/** @type {string} */ text, /** @type {number} */ i) =>
    text && html`<span class=${PARTS[i]}>${text}</span>`;
  const readOnly = html`<span class="toolbar__state" title=${t('library.readOnly.title')}>
    ${t('library.readOnly')}
  </span>`;
  return html`<header class=${`toolbar ${kind}`}>
    ${search && html`<${SearchField} ...${search} />`}
    <div class="toolbar__where">
      <div class="toolbar__way"><${Way} ...${props} /></div>
      <div class="toolbar__terms">
        ${terms && html`<${Terms} ...${terms} />`}
        ${walk !== null && walkButton}
      </div>
      <p class="toolbar__summary" aria-live="polite">
        ${props.readOnly && readOnly}
        ${search?.count && html`<span class="toolbar__found">${search.count}</span>`}
        ${props.summary.map(part)}
      </p>
    </div>
    <div class="toolbar__look">${props.files && html`<${Look} ...${props} />`}</div>
    <${Tools} ...${props} open=${open} setOpen=${setOpen} />
  </header>`;
}

/** @param {ToolbarProps} props */
function Way({ t, crumbs, home, tree, onTree }) {
  const treeButton = html`<${IconButton}
    icon="folder-tree"
    label=${t('scope.tree.show')}
    pressed=${tree}
    kind="only-wide"
    onClick=${onTree}
  />`;
  return html`${tree !== null && treeButton}
    <${Breadcrumbs} label=${t('crumbs.label')} home=${home} crumbs=${crumbs} />`;
}

/** @param {ToolbarProps & {open: boolean, setOpen: (open: boolean) => void}} props */
function Tools(props) {
  const { t, files, onDuplicates, onOrganise, open, setOpen } = props;
  const look = html`<${IconButton}
    icon="sliders-horizontal"
    label=${t('tools.look')}
    pressed=${open}
    kind="only-narrow"
    onClick=${() => setOpen(!open)}
  />`;
  const label = t('organise.thisFolder');
  const organise = html`<${IconButton} icon="folder-kanban" label=${label} onClick=${onOrganise} />`;
  const duplicates = html`<${IconButton}
    icon="copy-check"
    label=${t('duplicates.thisFolder')}
    kind="only-wide"
    onClick=${onDuplicates}
  />`;
  return html`<div class="toolbar__tools" role="group" aria-label=${t('tools.label')}>
    ${files && look}
    ${onDuplicates && files && duplicates}
    ${onOrganise && files && organise}
    <${IconButton}
      icon="refresh-cw"
      label=${t('tools.refresh')}
      kind=${props.refreshing ? 'is-turning' : ''}
      onClick=${props.onRefresh}
    />
    <${IconButton}
      icon="keyboard"
      label=${t('tools.help')}
      hint=${props.hint('help')}
      kind="only-wide"
      onClick=${props.onHelp}
    />
    <${IconButton}
      icon="info"
      label=${t('tools.info')}
      hint=${props.hint('info')}
      pressed=${props.info}
      onClick=${props.onInfo}
    />
  </div>`;
}

/**
 * How the files are shown: which, in which order, how large.
 * @param {ToolbarProps} props
 */
function Look(props) {
  const { t, sort, order, shape, asList } = props;
  const turned = order === 'asc' ? 'desc' : 'asc';
  const isSquare = shape === 'square';
  const shapeButton = html`<${IconButton}
    icon=${isSquare ? 'layout-dashboard' : 'layout-grid'}
    label=${t(isSquare ? 'tile.justified' : 'tile.square')}
    onClick=${() => props.onShape(isSquare ? 'justified' : 'square')}
  />`;
  const listButton = html`<${IconButton}
    icon="list"
    label=${t('tile.list')}
    pressed=${asList}
    onClick=${() => props.onList(!asList)}
  />`;
  const shuffle = html`<${IconButton}
    icon="shuffle"
    label=${t('sort.shuffle')}
    onClick=${props.onShuffle}
  />`;
  const turn = html`<${IconButton}
    icon=${order === 'asc' ? 'arrow-up-narrow-wide' : 'arrow-down-wide-narrow'}
    label=${orderLabel(t, sort, order)}
    onClick=${() => props.onSort(sort, turned)}
  />`;
  return html`<${Choice}
      label=${t('media.label')}
      values=${MEDIA}
      value=${props.media}
      text=${(/** @type {Media} */ media) => t(`media.${media}`)}
      onChange=${props.onMedia}
    />
    <div class="sort">
      <${Choice}
        label=${t('sort.label')}
        values=${props.sorts}
        value=${sort}
        text=${(/** @type {SortField} */ field) => parameterOf(field) ?? t(`sort.${field}`)}
        group=${(/** @type {SortField} */ field) => t(`sort.group.${groupOfSort(field)}`)}
        onChange=${(/** @type {SortField} */ field) => props.onSort(field, naturalOrder(field))}
      />
      ${sort === 'random' ? shuffle : turn}
    </div>
    ${props.stacks && html`<${Stacks} ...${props} />`}
    ${listButton}
    ${!asList && html`${shape && shapeButton} <${Size} ...${props} />`}`;
}

/** @param {ToolbarProps} props */
function Size({ t, tile, onTile }) {
  return html`<label class="size" title=${t('tile.label')}>
      <span class="visually-hidden">${t('tile.label')}</span>
      <input
        type="range"
        class="range"
        min=${TILE_MIN}
        max=${TILE_MAX}
        step="4"
        value=${tile}
        onInput=${(/** @type {Event} */ event) => onTile(Number(valueOf(event)))}
      />
    </label>`;
}

/**
 * What files are folded by, as a menu.
 * @param {ToolbarProps} props
 */
function Stacks({ t, stack, stacks, onStack }) {
  const button = useRef(/** @type {HTMLElement|null} */ (null));
  const [place, setPlace] = useState(/** @type {{x: number, y: number}|null} */ (null));
  const find = () => /** @type {HTMLElement|null} */ (button.current?.querySelector('button'));
  const open = () => {
    const box = find()?.getBoundingClientRect();
    if (box) setPlace({ x: box.left, y: box.bottom + 4 });
  };
  const close = () => {
    setPlace(null);
    find()?.focus({ preventScroll: true });
  };
  const choose = (/** @type {string} */ id) => {
    close();
    onStack(/** @type {StackKind|''} */ (id === 'none' ? '' : id));
  };
  const item = (/** @type {StackKind|'none'} */ kind) => ({
    id: kind,
    icon: kind === (stack || 'none') ? 'check' : '',
    label: t(`stack.by.${kind}`),
    checked: kind === (stack || 'none'),
  });
  const title = t('stack.label');
  const label = stack ? `${title}: ${t(`stack.by.${stack}`)}` : title;
  const groups = [[item('none'), ...(stacks ?? []).map(item)]];
  const menu = { label: title, title, groups, onChoose: choose, onClose: close };
  return html`<span ref=${button} class="toolbar__stacks">
    <${IconButton} icon="layers" label=${label} pressed=${stack !== ''} onClick=${open} />
    ${place && html`<${Menu} ...${menu} ...${place} />`}
  </span>`;
}

/**
 * @template {string} T
 * @typedef {Object} ChoiceProps
 * @property {string} label
 * @property {T[]} values
 * @property {T} value
 * @property {(value: T) => string} text
 * @property {(value: T) => string} [group]  the heading under which a value is listed, where there are many
 * @property {(value: T) => void} onChange
 */

/** More values than this are listed under headings. */
const MANY = 6;

/**
 * @template {string} T
 * @param {ChoiceProps<T>} props
 */
function Choice({ label, values, value, text, group, onChange }) {
  const choose = (/** @type {Event} */ event) => onChange(/** @type {T} */ (valueOf(event)));
  const option = (/** @type {T} */ one) =>
    html`<option value=${one} selected=${one === value}>${text(one)}</option>`;
  return html`<select class="select" aria-label=${label} title=${label} value=${value} onChange=${choose}>
    ${group && values.length > MANY ? grouped(values, group, option) : values.map(option)}
  </select>`;
}

/**
 * Options under their headings, in the order of the first of each.
 * @template {string} T
 * @param {T[]} values
 * @param {(value: T) => string} group
 * @param {(value: T) => unknown} option
 */
function grouped(values, group, option) {
  const titles = [...new Set(values.map(group))];
  return titles.map(
    (title) => html`<optgroup key=${title} label=${title}>
      ${values.filter((one) => group(one) === title).map(option)}
    </optgroup>`,
  );
}

/**
 * @param {Translate} t
 * @param {SortField} sort
 * @param {SortOrder} order
 */
function orderLabel(t, sort, order) {
  if (sort === 'date' || sort === 'created' || sort === 'indexed') return t(`sort.date.${order}`);
  if (sort === 'size') return t(`sort.size.${order}`);
  return t(naturalOrder(sort) === 'asc' ? `sort.name.${order}` : `sort.number.${order}`);
}
