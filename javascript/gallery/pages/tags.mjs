import { html } from '../vendor/preact/standalone.mjs';
import { hrefOf, searchHref } from '../browser/address.mjs';
import { LIKE } from '../lib/marks.mjs';
import { fieldTerm } from '../lib/query.mjs';
import { HOME } from '../lib/router.mjs';
import { matching } from '../lib/tag-tree.mjs';
import { Button } from '../ui/button.mjs';
import { Icon } from '../ui/icons.mjs';
import { Notice } from '../ui/notice.mjs';
import { TagTree } from './tag-tree.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/tag-tree.mjs').TagNode} TagNode */
/** @typedef {import('../lib/types.mjs').Tag} Tag */
/** @typedef {Pick<Parts, 'store'|'tagActions'|'words'>} Needs */
/** @typedef {{category: string, tags: Tag[]}} Category */

/** Fields that find a category; the others are found by their whole name. @type {Record<string, string>} */
const FIELDS = { model: 'model', lora: 'lora', sampler: 'sampler' };

/**
 * The user's tags, and the names that the library knows, most used first; each leads to its pictures.
 * @param {Needs & {data: {nodes: TagNode[], categories: Category[]}}} props
 */
export function Tags({ data: { categories, nodes }, ...props }) {
  const { store, words } = props;
  const { t } = words;
  const { filter } = store.state;
  const liked = nodes.find(({ name }) => name === LIKE);
  const own = nodes.filter(({ name }) => name !== LIKE);
  const shown = matching(own, filter);
  const title = t(filter ? 'library.tags.none' : 'library.tags.empty');
  const nothing = html`<${Notice} icon="tag" title=${title} text=${t('library.tags.empty.text')} />`;
  const part = (/** @type {Category} */ { category, tags }) =>
    html`<section key=${category} class="page__part">
      <h2>${t(`library.tags.${category}`)}</h2>
      <${Names} ...${{ category, tags, words }} />
    </section>`;
  return html`<${Head} store=${store} words=${words} />
    ${liked && liked.count > 0 && html`<${Liked} tag=${liked} words=${words} />`}
    ${!shown.length && !categories.length && nothing}
    ${
      shown.length > 0 &&
      html`<section class="page__part">
      <h2>${t('library.tags.custom')}</h2>
      <${TagTree} ...${props} nodes=${own} shown=${shown} />
    </section>`
    }
    ${categories.map(part)}`;
}

/** @param {Pick<Parts, 'words'> & {tag: TagNode}} props */
function Liked({ tag: { count, name }, words: { t, formats } }) {
  return html`<p class="page__part">
    <a class="name is-liked" href=${searchHref(fieldTerm('tag', name))}>
      <${Icon} name="heart" />
      <span class="name__text">${t('library.tags.liked')}</span>
      <span class="name__count">${formats.number(count)}</span>
    </a>
  </p>`;
}

/** @param {Pick<Parts, 'store'|'words'>} props */
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
    <a class="button" href=${hrefOf({ ...HOME, view: 'rules' })}>
      <${Icon} name="sparkles" /><span>${t('view.rules')}</span>
    </a>
    ${!readOnly && html`<${Button} label=${t('import.open')} icon="upload" onClick=${openImport} />`}
  </div>`;
}

/** @param {Pick<Parts, 'words'> & Category} props */
function Names({ category, tags, words: { formats } }) {
  const hrefOf = (/** @type {Tag} */ { name }) =>
    searchHref(fieldTerm(FIELDS[category] ?? 'tag', name));
  const row = (/** @type {Tag} */ tag) => html`<li key=${tag.id}>
    <a class="name" href=${hrefOf(tag)}>
      <span class="name__text">${tag.name}</span>
      <span class="name__count">${formats.number(tag.count)}</span>
    </a>
  </li>`;
  return html`<ul class="names">${tags.map(row)}</ul>`;
}
