import { html } from '../vendor/preact/standalone.mjs';
import { hrefOf, searchHref } from '../browser/address.mjs';
import { choose } from '../lib/facets.mjs';
import { baseName } from '../lib/paths.mjs';
import { fieldTerm } from '../lib/query.mjs';
import { HOME } from '../lib/router.mjs';
import { TIME_ZONE } from '../lib/time-zone.mjs';
import { Calendar } from '../ui/calendar.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/facets.mjs').Facet} Facet */
/** @typedef {import('../lib/facets.mjs').FacetName} FacetName */
/** @typedef {import('../lib/facets.mjs').FacetValue} FacetValue */
/** @typedef {import('../lib/types.mjs').SearchFigures} SearchFigures */
/** @typedef {Pick<Parts, 'words'>} Worded */
/** @typedef {Worded & Pick<Parts, 'navigation'>} Needs */

/**
 * @typedef {Object} StatsData
 * @property {string} query  '' is the whole library
 * @property {number} count
 * @property {number} bytes
 * @property {{day: string, count: number}[]} days
 * @property {Facet[]} facets
 * @property {SearchFigures['folders']} folders  those that take most space
 * @property {FacetValue[]} promptWords
 * @property {boolean} wordsAreExact
 */

const LISTED = 12;
/** How long the answer may take, so that its numbers are exact. */
const WAIT_S = 20;
/** The lists, with the facet that each shows. @type {[string, FacetName][]} */
const LISTS = [
  ['models', 'model'],
  ['loras', 'lora'],
  ['samplers', 'sampler'],
  ['sources', 'source'],
  ['sizes', 'size'],
  ['media', 'type'],
];

/**
 * Figures about the whole library, or about what a query finds.
 * @param {Parts['api']} api
 * @param {string} query
 * @returns {Promise<StatsData>}
 */
export async function loadStats(api, query) {
  const search = { query, folder_paths: [], media_type: 'all', tz: TIME_ZONE };
  const order = { sort: 'date', order: 'desc', seed: 0, wait_s: WAIT_S };
  const [timeline, { facets }, figures] = await Promise.all([
    api.timeline({ ...search, ...order }),
    api.facets({ ...search, limit: 200, wait_s: WAIT_S }),
    api.figures({ query, tz: TIME_ZONE }),
  ]);
  return {
    query,
    count: timeline.total,
    bytes: figures.size_bytes,
    days: timeline.buckets,
    facets,
    folders: figures.folders,
    wordsAreExact: figures.words_are_exact,
    promptWords: figures.words.map(({ name, count }) => ({
      value: name,
      term: fieldTerm('tag', name),
      count,
    })),
  };
}

/**
 * Figures; each leads to the pictures that it counts.
 * @param {Needs & {data: StatsData}} props
 */
export function Stats({ data, navigation, words }) {
  const { t, formats } = words;
  const facetOf = (/** @type {string} */ name) => data.facets.find((facet) => facet.name === name);
  const figures = [
    [t('library.stats.files'), formats.number(data.count)],
    [t('library.stats.space'), formats.bytes(data.bytes)],
    [t('library.stats.days'), formats.number(data.days.length)],
    [t('library.stats.models'), formats.number(facetOf('model')?.values.length ?? 0)],
  ];
  const parts = LISTS.map(([name, facet]) => ({ ...facetOf(facet), name, facet }));
  const part = (
    /** @type {Partial<Facet> & {name: string, facet: FacetName}} */ { name, facet, values, exact },
  ) =>
    values?.length
      ? html`<section key=${name} class="page__part">
          <h2>${t(`library.stats.${name}`)}</h2>
          <${Bars} data=${data} words=${words} facet=${facet} values=${values} exact=${exact} />
        </section>`
      : null;
  const hrefOfDay = (/** @type {string} */ day) =>
    searchHref(choose(data.query, 'date', `date:${day}`));
  return html`${data.query && html`<${OfQuery} query=${data.query} words=${words} />`}
    <dl class="figures">
      ${figures.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
    </dl>
    <section class="page__part">
      <h2>${t('library.stats.calendar')}</h2>
      <${Calendar} t=${t} formats=${formats} days=${data.days} hrefOf=${hrefOfDay} />
    </section>
    <section class="page__part">
      <h2>${t('library.stats.months')}</h2>
      <${Months} data=${data} words=${words} months=${facetOf('date')?.values ?? []} />
    </section>
    <div class="page__columns">
      ${parts.map(part)}
      ${data.folders.length > 0 && html`<${Folders} ...${{ data, navigation, words }} />`}
      ${data.promptWords.length > 0 && html`<${PromptWords} data=${data} words=${words} />`}
    </div>`;
}

/**
 * Disk space by folder; each leads there.
 * @param {Needs & {data: StatsData}} props
 */
function Folders({ data: { folders }, navigation, words: { t, formats } }) {
  const most = Math.max(1, folders[0].size_bytes);
  const bar = (/** @type {SearchFigures['folders'][number]} */ { count, path, size_bytes }) => {
    const files = t('summary.files', { count, number: formats.number(count) });
    return html`<li key=${path}>
      <a class="bar" href=${hrefOf(navigation.folderRoute(path))} title=${`${path} · ${files}`}>
        <span class="bar__fill" style=${{ width: `${(size_bytes / most) * 100}%` }}></span>
        <span class="bar__name">${baseName(path)}</span>
        <span class="bar__count">${formats.bytes(size_bytes)}</span>
      </a>
    </li>`;
  };
  return html`<section class="page__part">
    <h2>${t('library.stats.folders')}</h2>
    <ul class="bars">${folders.slice(0, LISTED).map(bar)}</ul>
  </section>`;
}

/** @param {Worded & {data: StatsData}} props */
function PromptWords({ data, words }) {
  return html`<section class="page__part">
    <h2>${words.t('library.stats.words')}</h2>
    <${Bars} data=${data} words=${words} facet="tag" values=${data.promptWords} exact=${data.wordsAreExact} />
  </section>`;
}

/** @param {Worded & {query: string}} props */
function OfQuery({ query, words: { t } }) {
  return html`<p class="page__of">
    <span>${t('library.stats.of', { query })}</span>
    <a class="button" href=${searchHref(query)}>${t('library.stats.show')}</a>
    <a class="button" href=${hrefOf({ ...HOME, view: 'stats' })}>${t('library.stats.whole')}</a>
  </p>`;
}

/**
 * Files by month, oldest first, as columns.
 * @param {Worded & {data: StatsData, months: FacetValue[]}} props
 */
function Months({ data, months, words }) {
  const most = Math.max(1, ...months.map(({ count }) => count));
  const ordered = [...months].reverse();
  const column = (/** @type {FacetValue} */ month, /** @type {number} */ i) =>
    html`<${Month}
      key=${month.value}
      words=${words}
      month=${month}
      href=${searchHref(choose(data.query, 'date', month.term))}
      part=${month.count / most}
      beginsYear=${yearOf(month) !== yearOf(ordered[i - 1])}
    />`;
  return html`<ul class="months">${ordered.map(column)}</ul>`;
}

/** @param {FacetValue|undefined} month */
function yearOf(month) {
  return month?.value.split('-')[0];
}

/** @param {Worded & {month: FacetValue, href: string, part: number, beginsYear: boolean}} props */
function Month({ month: { value, count }, href, part, beginsYear, words: { t, formats } }) {
  const [year, month] = value.split('-').map(Number);
  const when = formats.month(new Date(year, month - 1, 15).getTime() / 1000);
  const label = `${when}: ${t('summary.files', { count, number: formats.number(count) })}`;
  const style = { height: `${Math.max(2, part * 100)}%` };
  return html`<li>
    <a href=${href} title=${label} aria-label=${label}>
      <span class="months__bar" style=${style}></span>
    </a>
    <span class="months__label">${beginsYear ? year : ''}</span>
  </li>`;
}

/**
 * @param {Worded & {data: StatsData, facet: FacetName, values: FacetValue[], exact: boolean}} props
 */
function Bars({ data, facet, values, exact, words: { t, formats } }) {
  const shown = values.slice(0, LISTED);
  const most = Math.max(1, ...shown.map(({ count }) => count));
  const bar = (/** @type {FacetValue} */ { value, term, count }) => {
    const name = facet === 'type' ? t(`media.${value}`) : value;
    const number = formats.number(count);
    return html`<li key=${term}>
      <a class="bar" href=${searchHref(choose(data.query, facet, term))} title=${name}>
        <span class="bar__fill" style=${{ width: `${(count / most) * 100}%` }}></span>
        <span class="bar__name">${name}</span>
        <span class="bar__count">${exact ? number : t('filter.about', { number })}</span>
      </a>
    </li>`;
  };
  return html`<ul class="bars">${shown.map(bar)}</ul>`;
}
