import { html } from '../vendor/preact/standalone.mjs';
import { fieldTerm } from '../lib/query.mjs';
import { searchHref } from '../browser/address.mjs';

/** @typedef {import('../lib/types.mjs').Count} Count */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

const LISTED = 10;

/**
 * Figures about the library; each leads to the pictures that it counts.
 * @param {{gallery: Gallery, data: import('../lib/types.mjs').Figures}} props
 */
export function Stats({ gallery, data }) {
  const { t, formats } = gallery.words;
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
  return html`<dl class="figures">${figures.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    <section class="page__part"><h2>${t('library.stats.months')}</h2><${Months} gallery=${gallery} months=${data.months} /></section>
    <div class="page__columns">${parts
      .filter(([, , counts]) => counts.length)
      .map(
        ([name, field, counts]) => html`<section key=${name} class="page__part">
      <h2>${t(`library.stats.${name}`)}</h2><${Bars} gallery=${gallery} field=${field} counts=${counts.slice(0, LISTED)} /></section>`,
      )}</div>`;
}

/**
 * Files by month, oldest first, as columns.
 * @param {{gallery: Gallery, months: Count[]}} props
 */
function Months({ gallery, months }) {
  const { t, formats } = gallery.words;
  const most = Math.max(1, ...months.map(({ count }) => count));
  return html`<ul class="months">${[...months].reverse().map(({ name, count, size_bytes: bytes }) => {
    const [year, month] = name.split('-').map(Number);
    const when = formats.month(new Date(year, month - 1, 15).getTime() / 1000);
    const files = t('summary.files', { count, number: formats.number(count) });
    return html`<li key=${name}><a href=${searchHref(`date:${name}`)} title=${`${when}: ${files}, ${formats.bytes(bytes)}`} aria-label=${`${when}: ${files}`}>
      <span class="months__bar" style=${{ height: `${Math.max(2, (count / most) * 100)}%` }}></span></a>
      <span class="months__label">${month === 1 || name === months[months.length - 1].name ? year : ''}</span></li>`;
  })}</ul>`;
}

/**
 * @param {{gallery: Gallery, field: string, counts: Count[]}} props
 */
function Bars({ gallery, field, counts }) {
  const { formats } = gallery.words;
  const most = Math.max(1, ...counts.map(({ count }) => count));
  return html`<ul class="bars">${counts.map(
    ({
      name,
      count,
    }) => html`<li key=${name}><a class="bar" href=${searchHref(fieldTerm(field, name))} title=${name}>
    <span class="bar__fill" style=${{ width: `${(count / most) * 100}%` }}></span>
    <span class="bar__name">${name}</span><span class="bar__count">${formats.number(count)}</span></a></li>`,
  )}</ul>`;
}
