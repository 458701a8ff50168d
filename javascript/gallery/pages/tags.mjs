import { html } from '../vendor/preact/standalone.mjs';
import { searchHref } from '../browser/address.mjs';
import { fieldTerm } from '../lib/query.mjs';
import { Button } from '../ui/button.mjs';
import { Notice } from '../ui/notice.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Tag} Tag */
/** @typedef {Pick<Parts, 'store'|'words'>} Needs */
/** @typedef {{category: string, tags: Tag[]}} Category */

/** Fields that find a category; the others are found by their whole name. @type {Record<string, string>} */
const FIELDS = { model: 'model', lora: 'lora', sampler: 'sampler' };

/**
 * The names that the library knows, most used first; each leads to its pictures.
 * @param {Needs & {data: Category[]}} props
 */
export function Tags({ data, store, words }) {
  const { t } = words;
  const title = t(store.state.filter ? 'library.tags.none' : 'library.tags.empty');
  const nothing = html`<${Notice} icon="tag" title=${title} text=${t('library.tags.empty.text')} />`;
  const part = (/** @type {Category} */ { category, tags }) =>
    html`<section key=${category} class="page__part">
      <h2>${t(`library.tags.${category}`)}</h2>
      <${Names} category=${category} tags=${tags} words=${words} />
    </section>`;
  return html`<${Head} store=${store} words=${words} />
    ${!data.length && nothing}
    ${data.map(part)}`;
}

/** @param {Needs} props */
function Head({ store, words: { t } }) {
  const { filter, readOnly } = store.state;
  const onInput = (/** @type {Event} */ event) =>
    store.set({ filter: /** @type {HTMLInputElement} */ (event.target).value });
  const openImport = () => store.set({ dialog: { kind: 'import' } });
  const label = t('library.tags.filter');
  return html`<div class="page__head">
    <label class="page__filter">
      <span class="visually-hidden">${label}</span>
      <input type="search" class="field" placeholder=${label} value=${filter} onInput=${onInput} />
    </label>
    ${!readOnly && html`<${Button} label=${t('import.open')} icon="download" onClick=${openImport} />`}
  </div>`;
}

/** @param {Pick<Parts, 'words'> & Category} props */
function Names({ category, tags, words: { formats } }) {
  const hrefOf = (/** @type {Tag} */ { name }) => searchHref(fieldTerm(FIELDS[category] ?? 'tag', name));
  const row = (/** @type {Tag} */ tag) => html`<li key=${tag.id}>
    <a class="name" href=${hrefOf(tag)}>
      ${tag.color && html`<span class="name__dot" style=${{ background: tag.color }}></span>`}
      <span class="name__text">${tag.name}</span>
      <span class="name__count">${formats.number(tag.count)}</span>
    </a>
  </li>`;
  return html`<ul class="names">${tags.map(row)}</ul>`;
}
