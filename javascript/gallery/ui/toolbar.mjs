import { html } from '../vendor/preact/standalone.mjs';
import { naturalOrder, SORT_FIELDS } from '../lib/sort.mjs';
import { Breadcrumbs } from './breadcrumbs.mjs';
import { IconButton } from './button.mjs';
import { SearchField } from './search-field.mjs';

/** @typedef {import('../lib/types.mjs').SortField} SortField */
/** @typedef {import('../lib/types.mjs').SortOrder} SortOrder */
/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

export const TILE_MIN = 88;
export const TILE_MAX = 360;

/**
 * @typedef {Object} ToolbarProps
 * @property {Translate} t
 * @property {Parameters<typeof Breadcrumbs>[0]['crumbs']} crumbs
 * @property {Parameters<typeof Breadcrumbs>[0]['home']} home
 * @property {import('./search-field.mjs').SearchFieldProps|null} search  null: there is nothing to search
 * @property {string[]} summary  what is here: folders, files, bytes; '' for what is not
 * @property {boolean} files  false: only roots are shown, which have one order and one size
 * @property {SortField} sort
 * @property {SortOrder} order
 * @property {number} tile  wanted width of a tile in pixels
 * @property {boolean} info
 * @property {boolean} refreshing
 * @property {(sort: SortField, order: SortOrder) => void} onSort
 * @property {(tile: number) => void} onTile
 * @property {() => void} onInfo
 * @property {() => void} onRefresh
 * @property {() => void} onHelp
 */

/** @param {ToolbarProps} props */
export function Toolbar(props) {
  const { t } = props;
  return html`<header class=${`toolbar ${props.search ? 'has-search' : ''}`}>
    ${props.search && html`<${SearchField} ...${props.search} />`}
    <${Breadcrumbs} label=${t('crumbs.label')} home=${props.home} crumbs=${props.crumbs} />
    <p class="toolbar__summary" aria-live="polite">
      ${props.summary.map((part, i) => part && html`<span class=${['folders', 'files', 'bytes'][i]}>${part}</span>`)}
    </p>
    <div class="toolbar__look">${props.files && html`<${Look} ...${props} />`}</div>
    <div class="toolbar__tools" role="group" aria-label=${t('tools.label')}>
      <${IconButton} icon="refresh-cw" label=${t('tools.refresh')} kind=${props.refreshing ? 'is-turning' : ''} onClick=${props.onRefresh} />
      <${IconButton} icon="keyboard" label=${t('tools.help')} kind="only-wide" onClick=${props.onHelp} />
      <${IconButton} icon="info" label=${t('tools.info')} pressed=${props.info} onClick=${props.onInfo} />
    </div>
  </header>`;
}

/**
 * How the files are shown: their order and their size.
 * @param {ToolbarProps} props
 */
function Look(props) {
  const { t, sort, order } = props;
  const turned = order === 'asc' ? 'desc' : 'asc';
  return html`<div class="sort">
        <select class="select" aria-label=${t('sort.label')} title=${t('sort.label')} value=${sort} onChange=${(/** @type {Event} */ event) => {
          const field = /** @type {SortField} */ (/** @type {HTMLSelectElement} */ (event.target).value);
          props.onSort(field, naturalOrder(field));
        }}>
          ${SORT_FIELDS.map((field) => html`<option value=${field} selected=${field === sort}>${t(`sort.${field}`)}</option>`)}
        </select>
        <${IconButton} icon=${order === 'asc' ? 'arrow-up-narrow-wide' : 'arrow-down-wide-narrow'} label=${t(`sort.${sort}.${order}`)}
          onClick=${() => props.onSort(sort, turned)} />
      </div>
      <label class="size" title=${t('tile.label')}>
        <span class="visually-hidden">${t('tile.label')}</span>
        <input type="range" class="range" min=${TILE_MIN} max=${TILE_MAX} step="4" value=${props.tile}
          onInput=${(/** @type {Event} */ event) => props.onTile(Number(/** @type {HTMLInputElement} */ (event.target).value))} />
      </label>`;
}
