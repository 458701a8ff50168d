import { html } from '../vendor/preact/standalone.mjs';
import { hrefOf, searchHref } from '../browser/address.mjs';
import { LIKE } from '../lib/marks.mjs';
import { fieldTerm } from '../lib/query.mjs';
import { HOME } from '../lib/router.mjs';
import { Button } from '../ui/button.mjs';
import { Icon } from '../ui/icons.mjs';
import { Notice } from '../ui/notice.mjs';
import { WithMenu } from '../ui/with-menu.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Tag} Tag */
/** @typedef {Pick<Parts, 'store'|'tagActions'|'words'>} Needs */
/** @typedef {{category: string, tags: Tag[]}} Category */

/** Fields that find a category; the others are found by their whole name. @type {Record<string, string>} */
const FIELDS = { model: 'model', lora: 'lora', sampler: 'sampler' };

/**
 * The names that the library knows, most used first; each leads to its pictures.
 * @param {Needs & {data: Category[]}} props
 */
export function Tags({ data, store, tagActions, words }) {
  const { t } = words;
  const liked = data.flatMap(({ tags }) => tags).find(isLike);
  const others = data
    .map(({ category, tags }) => ({ category, tags: tags.filter((tag) => !isLike(tag)) }))
    .filter(({ tags }) => tags.length);
  const title = t(store.state.filter ? 'library.tags.none' : 'library.tags.empty');
  const nothing = html`<${Notice} icon="tag" title=${title} text=${t('library.tags.empty.text')} />`;
  const part = (/** @type {Category} */ { category, tags }) =>
    html`<section key=${category} class="page__part">
      <h2>${t(`library.tags.${category}`)}</h2>
      <${Names} ...${{ category, store, tagActions, tags, words }} />
    </section>`;
  return html`<${Head} store=${store} words=${words} />
    ${liked && liked.count > 0 && html`<${Liked} tag=${liked} words=${words} />`}
    ${!others.length && nothing}
    ${others.map(part)}`;
}

/** @param {Tag} tag */
function isLike({ category, name }) {
  return category === 'custom' && name === LIKE;
}

/** @param {Pick<Parts, 'words'> & {tag: Tag}} props */
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
    ${!readOnly && html`<${Button} label=${t('import.open')} icon="download" onClick=${openImport} />`}
  </div>`;
}

/** @param {Needs & Category} props */
function Names({ category, store, tagActions, tags, words }) {
  const { t, formats } = words;
  const isManaged = category === 'custom' && !store.state.readOnly;
  const hrefOf = (/** @type {Tag} */ { name }) =>
    searchHref(fieldTerm(FIELDS[category] ?? 'tag', name));
  const row = (/** @type {Tag} */ tag) => html`<${WithMenu}
    key=${tag.id}
    label=${t('manage.menu', { name: tag.name })}
    title=${tag.name}
    groups=${isManaged ? groupsOf(t) : []}
    kind=${isManaged ? 'is-managed' : ''}
    onChoose=${(/** @type {string} */ id) => choose(tagActions, tag, id)}
  >
    <a class="name" href=${hrefOf(tag)}>
      ${tag.color && html`<span class="name__dot" style=${{ background: tag.color }}></span>`}
      <span class="name__text">${tag.name}</span>
      <span class="name__count">${formats.number(tag.count)}</span>
    </a>
  <//>`;
  return html`<ul class="names">${tags.map(row)}</ul>`;
}

/** @param {Parts['words']['t']} t */
function groupsOf(t) {
  return [
    [
      { id: 'rename', icon: 'pencil', label: t('action.rename') },
      { id: 'colour', icon: 'palette', label: t('tag.colour') },
      { id: 'merge', icon: 'merge', label: t('tag.merge') },
    ],
    [{ id: 'remove', icon: 'trash-2', label: t('tag.delete'), kind: 'is-danger' }],
  ];
}

/**
 * @param {Parts['tagActions']} tagActions
 * @param {Tag} tag
 * @param {string} id
 */
function choose(tagActions, tag, id) {
  /** @type {Record<string, () => void>} */
  const does = {
    rename: () => tagActions.askForName(tag),
    colour: () => tagActions.askForColour(tag),
    merge: () => tagActions.askToMerge(tag),
    remove: () => tagActions.askToDelete(tag),
  };
  does[id]();
}
