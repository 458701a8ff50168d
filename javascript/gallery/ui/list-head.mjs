import { html } from '../vendor/preact/standalone.mjs';
import { naturalOrder } from '../lib/sort.mjs';
import { Icon } from './icons.mjs';

/** @typedef {import('../lib/types.mjs').SortField} SortField */
/** @typedef {import('../lib/types.mjs').SortOrder} SortOrder */

/** The columns of a list, and what each is sorted by. @type {[string, SortField|null][]} */
const COLUMNS = [
  ['name', 'name'],
  ['prompt', null],
  ['model', 'model'],
  ['seed', 'seed'],
  ['size', 'size'],
  ['date', 'date'],
  ['rating', 'rating'],
];

/**
 * What the columns of a list are; a click sorts by one, and another turns the order.
 * @param {{t: import('../lib/i18n.mjs').Translate, sorts: SortField[], sort: SortField,
 *   order: SortOrder, onSort: (sort: SortField, order: SortOrder) => void}} props
 */
export function ListHead({ t, sorts, sort, order, onSort }) {
  const column = (/** @type {[string, SortField|null]} */ [name, field]) => {
    const kind = `list-head__column is-${name}`;
    const label = t(field ? `sort.${field}` : 'info.prompt');
    if (!field || !sorts.includes(field))
      return html`<span key=${name} class=${kind}>${label}</span>`;
    const isSorted = sort === field;
    const turned = order === 'asc' ? 'desc' : 'asc';
    return html`<button
      key=${name}
      type="button"
      class=${kind}
      aria-pressed=${isSorted}
      aria-label=${label}
      title=${name === 'rating' ? label : undefined}
      onClick=${() => onSort(field, isSorted ? turned : naturalOrder(field))}
    >
      ${name === 'rating' ? html`<${Icon} name="star" />` : html`<span>${label}</span>`}
      ${isSorted && html`<${Icon} name=${order === 'asc' ? 'arrow-up' : 'arrow-down'} />`}
    </button>`;
  };
  return html`<div class="list-head" role="group" aria-label=${t('sort.label')}>
    <div class="list-head__row">${COLUMNS.map(column)}</div>
  </div>`;
}
