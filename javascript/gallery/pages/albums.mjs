import { html } from '../vendor/preact/standalone.mjs';
import { searchHref } from '../browser/address.mjs';
import { fieldTerm } from '../lib/query.mjs';
import { Icon } from '../ui/icons.mjs';
import { Notice } from '../ui/notice.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').AlbumInfo} AlbumInfo */

/**
 * Albums as cards; each leads to its pictures.
 * @param {Pick<Parts, 'api'|'navigation'|'words'> & {data: AlbumInfo[]}} props
 */
export function Albums({ api, data, navigation, words }) {
  const { t } = words;
  if (!data.length) {
    return html`<${Notice}
      icon="album"
      title=${t('library.albums.empty')}
      text=${t('library.albums.empty.text')}
      action=${t('problem.home')}
      onAction=${() => navigation.home()}
    />`;
  }
  const card = (/** @type {AlbumInfo} */ album) =>
    html`<li key=${album.id}><${Album} api=${api} album=${album} words=${words} /></li>`;
  return html`<ul class="cards">${data.map(card)}</ul>`;
}

/** @param {Pick<Parts, 'api'|'words'> & {album: AlbumInfo}} props */
function Album({ api, album, words: { t, formats } }) {
  const { count, cover, name } = album;
  const picture = cover
    ? html`<img src=${api.thumbnail(cover, 0, 512)} alt="" loading="lazy" decoding="async" />`
    : html`<${Icon} name="album" />`;
  return html`<a class="card" href=${searchHref(fieldTerm('album', name), 'album')}>
    <span class="card__cover">${picture}</span>
    <span class="card__name">${name}</span>
    <span class="card__detail">${t('summary.files', { count, number: formats.number(count) })}</span>
  </a>`;
}
