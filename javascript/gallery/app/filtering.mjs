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
  const { facets, facetsFailed, media, query, scope } = store.state;
  const change = library.timeline?.change ?? null;
  useEffect(() => filters.follow(change), [change, media, query, scope]);
  useEffect(() => () => filters.leave(), []);
  return html`<${FilterPanel}
    t=${t}
    formats=${formats}
    query=${query}
    facets=${facets}
    isWanted=${filters.isWanted}
    failed=${facetsFailed}
    statsHref=${scope === null && media === 'all' ? hrefOf({ ...HOME, view: 'stats', query }) : ''}
    onChoose=${filters.choose.bind(filters)}
    onRate=${filters.rate.bind(filters)}
    onDays=${filters.limitDays.bind(filters)}
    onClear=${() => filters.clear()}
    onRetry=${() => filters.retry()}
    onClose=${() => filters.toggle()}
  />`;
}
