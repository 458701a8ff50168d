import { html } from '../vendor/preact/standalone.mjs';
import { searchHref } from '../browser/address.mjs';
import { fieldTerm } from '../lib/query.mjs';
import { Button } from '../ui/button.mjs';
import { Icon } from '../ui/icons.mjs';
import { Notice } from '../ui/notice.mjs';
import { WithMenu } from '../ui/with-menu.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').AlbumInfo} AlbumInfo */
/** @typedef {Pick<Parts, 'albumActions'|'api'|'store'|'words'>} Needs */

/**
 * Albums as cards; each leads to its pictures, and its menu changes it.
 * @param {Needs & Pick<Parts, 'navigation'> & {data: AlbumInfo[]}} props
 */
export function Albums(props) {
  const { albumActions, data, navigation, store, words } = props;
  const { t, formats } = words;
  const { readOnly } = store.state;
  const make = () => albumActions.askForNew();
  if (!data.length) {
    return html`<${Notice}
      icon="album"
      title=${t('library.albums.empty')}
      text=${t('library.albums.empty.text')}
      action=${t(readOnly ? 'problem.home' : 'album.new')}
      onAction=${readOnly ? () => navigation.home() : make}
    />`;
  }
  const count = t('album.count', { count: data.length, number: formats.number(data.length) });
  const card = (/** @type {AlbumInfo} */ album) =>
    html`<${Album} key=${album.id} ...${props} album=${album} />`;
  return html`<div class="page__head">
      <p>${count}</p>
      ${!readOnly && html`<${Button} label=${t('album.new')} icon="plus" onClick=${make} />`}
    </div>
    <ul class="cards">${data.map(card)}</ul>`;
}

/** @param {Needs & {album: AlbumInfo}} props */
function Album({ album, albumActions, api, store, words: { t, formats } }) {
  const { count, cover, id: albumId, name } = album;
  const picture = cover
    ? html`<img
        data-path=${cover}
        src=${api.thumbnail(cover, 0, 512)}
        alt=""
        loading="lazy"
        decoding="async"
      />`
    : html`<${Icon} name="album" />`;
  /** @type {Record<string, () => void>} */
  const does = {
    rename: () => albumActions.askForName(album),
    order: () => albumActions.order(album),
    remove: () => albumActions.askToDelete(album),
  };
  const groups = [
    [
      { id: 'rename', icon: 'pencil', label: t('action.rename') },
      { id: 'order', icon: 'image', label: t('album.order') },
    ],
    [{ id: 'remove', icon: 'trash-2', label: t('album.delete'), kind: 'is-danger' }],
  ];
  return html`<${WithMenu}
    label=${t('manage.menu', { name })}
    title=${name}
    groups=${store.state.readOnly ? [] : groups}
    kind="card-place"
    onChoose=${(/** @type {string} */ id) => does[id]()}
  >
    <a
      class="card"
      href=${searchHref(fieldTerm('album', name), 'album')}
      data-album=${albumId}
      data-name=${name}
    >
      <span class="card__cover">${picture}</span>
      <span class="card__name">${name}</span>
      <span class="card__detail">${t('summary.files', { count, number: formats.number(count) })}</span>
    </a>
  <//>`;
}
