import { html } from '../vendor/preact/standalone.mjs';
import { fieldTerm } from '../lib/query.mjs';
import { Button } from '../ui/button.mjs';
import { Notice } from '../ui/notice.mjs';
import { searchHref } from '../browser/address.mjs';

/** @typedef {import('../lib/types.mjs').Tag} Tag */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

/** Fields that find a category; the others are found by their whole name. @type {Record<string, string>} */
const FIELDS = { model: 'model', lora: 'lora', sampler: 'sampler' };

/**
 * The names that the library knows, most used first; each leads to its pictures.
 * @param {{gallery: Gallery, data: {category: string, tags: Tag[]}[]}} props
 */
export function Tags({ gallery, data }) {
  const { t, formats } = gallery.words;
  const { filter, readOnly } = gallery.state;
  return html`<div class="page__head"><label class="page__filter"><span class="visually-hidden">${t('library.tags.filter')}</span>
      <input type="search" class="field" placeholder=${t('library.tags.filter')} value=${filter}
        onInput=${(/** @type {Event} */ event) => gallery.set({ filter: /** @type {HTMLInputElement} */ (event.target).value })} /></label>
    ${!readOnly && html`<${Button} label=${t('import.open')} icon="download" onClick=${() => gallery.set({ dialog: { kind: 'import' } })} />`}</div>
    ${
      !data.length &&
      html`<${Notice} icon="tag" title=${t(filter ? 'library.tags.none' : 'library.tags.empty')} text=${t('library.tags.empty.text')} action=""
      onAction=${null} />`
    }
    ${data.map(
      ({ category, tags }) => html`<section key=${category} class="page__part">
      <h2>${t(`library.tags.${category}`)}</h2>
      <ul class="names">${tags.map(
        (
          tag,
        ) => html`<li key=${tag.id}><a class="name" href=${searchHref(fieldTerm(FIELDS[category] ?? 'tag', tag.name))}>
        ${tag.color && html`<span class="name__dot" style=${{ background: tag.color }}></span>`}
        <span class="name__text">${tag.name}</span><span class="name__count">${formats.number(tag.count)}</span></a></li>`,
      )}</ul>
    </section>`,
    )}`;
}
