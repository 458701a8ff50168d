import { html, useEffect } from '../vendor/preact/standalone.mjs';
import { hrefOf } from '../browser/address.mjs';
import { HOME } from '../lib/router.mjs';
import { FilterPanel } from '../ui/filter-panel.mjs';

/** @typedef {import('./parts.mjs').Parts} Parts */

/**
 * The panel of filters, with the counts of what is searched.
 * @param {Pick<Parts, 'filters'|'library'|'store'|'words'>} props
 */
export function Filtering({ filters, library, store, words: { t, formats } }) {
  const { facets, facetsFailed, folder, media, query, scope, totals } = store.state;
  // A folder is looked up on the disk, not in the index: what it holds says that it has changed.
  const change = library.timeline?.change ?? (folder === null ? null : totals.files);
  useEffect(() => filters.follow(change), [change, folder, media, query, scope]);
  useEffect(() => () => filters.leave(), []);
  const isPlain = scope === null && folder === null && media === 'all';
  return html`<${FilterPanel}
    t=${t}
    formats=${formats}
    query=${query}
    facets=${facets}
    isWanted=${filters.isWanted}
    failed=${facetsFailed}
    statsHref=${isPlain ? hrefOf({ ...HOME, view: 'stats', query }) : ''}
    onChoose=${filters.choose.bind(filters)}
    onRate=${filters.rate.bind(filters)}
    onDays=${filters.limitDays.bind(filters)}
    onClear=${() => filters.clear()}
    onRetry=${() => filters.retry()}
    onClose=${() => filters.toggle()}
  />`;
}
