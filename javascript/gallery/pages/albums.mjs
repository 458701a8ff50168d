import { html } from '../vendor/preact/standalone.mjs';
import { fieldTerm } from '../lib/query.mjs';
import { Icon } from '../ui/icons.mjs';
import { Notice } from '../ui/notice.mjs';
import { searchHref } from '../browser/address.mjs';

/** @typedef {import('../lib/types.mjs').AlbumInfo} AlbumInfo */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

/**
 * Albums as cards; each leads to its pictures.
 * @param {{gallery: Gallery, data: AlbumInfo[]}} props
 */
export function Albums({ gallery, data }) {
  const { t, formats } = gallery.words;
  if (!data.length) {
    return html`<${Notice} icon="album" title=${t('library.albums.empty')} text=${t('library.albums.empty.text')} action=${t('problem.home')}
      onAction=${() => gallery.navigating.home()} />`;
  }
  return html`<ul class="cards">${data.map(
    (
      album,
    ) => html`<li key=${album.id}><a class="card" href=${searchHref(fieldTerm('album', album.name), 'album')}>
    <span class="card__cover">${
      album.cover
        ? html`<img src=${gallery.api.thumbnail(album.cover, 0, 512)} alt="" loading="lazy" decoding="async" />`
        : html`<${Icon} name="album" />`
    }</span>
    <span class="card__name">${album.name}</span>
    <span class="card__detail">${t('summary.files', { count: album.count, number: formats.number(album.count) })}</span>
  </a></li>`,
  )}</ul>`;
}
