import { html } from '../vendor/preact/standalone.mjs';
import { searchHref } from '../browser/address.mjs';
import { fieldTerm } from '../lib/query.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Count} Count */
/** @typedef {Pick<Parts, 'words'>} Needs */

const LISTED = 10;

/**
 * Figures about the library; each leads to the pictures that it counts.
 * @param {Needs & {data: import('../lib/types.mjs').Figures}} props
 */
export function Stats({ data, words }) {
  const { t, formats } = words;
  const figures = [
    [t('library.stats.files'), formats.number(data.count)],
    [t('library.stats.space'), formats.bytes(data.size_bytes)],
    [t('library.stats.days'), formats.number(data.days.length)],
    [t('library.stats.models'), formats.number(data.models.length)],
  ];
  const parts = /** @type {[string, string, Count[]][]} */ ([
    ['models', 'model', data.models],
    ['sources', 'source', data.sources],
    ['sizes', 'size', data.sizes],
    ['media', 'type', data.media],
  ]);
  const part = (/** @type {[string, string, Count[]]} */ [name, field, counts]) =>
    html`<section key=${name} class="page__part">
      <h2>${t(`library.stats.${name}`)}</h2>
      <${Bars} words=${words} field=${field} counts=${counts.slice(0, LISTED)} />
    </section>`;
  return html`<dl class="figures">
      ${figures.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
    </dl>
    <section class="page__part">
      <h2>${t('library.stats.months')}</h2>
      <${Months} words=${words} months=${data.months} />
    </section>
    <div class="page__columns">${parts.filter(([, , counts]) => counts.length).map(part)}</div>`;
}

/**
 * Files by month, oldest first, as columns.
 * @param {Needs & {months: Count[]}} props
 */
function Months({ months, words }) {
  const most = Math.max(1, ...months.map(({ count }) => count));
  const oldest = months[months.length - 1]?.name;
  const column = (/** @type {Count} */ count) =>
    html`<${Month}
      key=${count.name}
      words=${words}
      month=${count}
      part=${count.count / most}
      isOldest=${count.name === oldest}
    />`;
  return html`<ul class="months">${[...months].reverse().map(column)}</ul>`;
}

/** @param {Needs & {month: Count, part: number, isOldest: boolean}} props */
function Month({ month: { name, count, size_bytes: bytes }, part, isOldest, words: { t, formats } }) {
  const [year, month] = name.split('-').map(Number);
  const when = formats.month(new Date(year, month - 1, 15).getTime() / 1000);
  const files = t('summary.files', { count, number: formats.number(count) });
  const title = `${when}: ${files}, ${formats.bytes(bytes)}`;
  const style = { height: `${Math.max(2, part * 100)}%` };
  return html`<li>
    <a href=${searchHref(`date:${name}`)} title=${title} aria-label=${`${when}: ${files}`}>
      <span class="months__bar" style=${style}></span>
    </a>
    <span class="months__label">${month === 1 || isOldest ? year : ''}</span>
  </li>`;
}

/** @param {Needs & {field: string, counts: Count[]}} props */
function Bars({ counts, field, words: { formats } }) {
  const most = Math.max(1, ...counts.map(({ count }) => count));
  const bar = (/** @type {Count} */ { name, count }) => html`<li key=${name}>
    <a class="bar" href=${searchHref(fieldTerm(field, name))} title=${name}>
      <span class="bar__fill" style=${{ width: `${(count / most) * 100}%` }}></span>
      <span class="bar__name">${name}</span>
      <span class="bar__count">${formats.number(count)}</span>
    </a>
  </li>`;
  return html`<ul class="bars">${counts.map(bar)}</ul>`;
}
