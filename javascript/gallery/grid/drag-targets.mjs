import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { LIKE } from '../lib/marks.mjs';
import { Icon } from '../ui/icons.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').AlbumInfo} AlbumInfo */
/** @typedef {import('../lib/types.mjs').TagInfo} TagInfo */

/** More would not be found in the time of a drag; all others are behind Tags and Albums. */
const MOST = 12;

/**
 * The tags and albums that files can be dropped on, while some are dragged.
 * @param {Pick<Parts, 'api'|'toasts'|'words'>} props
 */
export function DragTargets({ api, toasts, words: { t } }) {
  const [tags, setTags] = useState(/** @type {TagInfo[]} */ ([]));
  const [albums, setAlbums] = useState(/** @type {AlbumInfo[]} */ ([]));
  useEffect(() => {
    const fail = (/** @type {unknown} */ error) => toasts.fail(error);
    const isShown = (/** @type {TagInfo} */ { name }) => name !== LIKE;
    api.customTags().then((all) => setTags(all.filter(isShown).slice(0, MOST)), fail);
    api.albums().then((all) => setAlbums(all.slice(0, MOST)), fail);
  }, []);
  const tag = (/** @type {TagInfo} */ { color, id, name }) => html`<li key=${id}>
    <span class="drag-target" data-tag=${id} data-name=${name} data-color=${color}>
      ${color ? html`<i style=${{ background: color }}></i>` : html`<${Icon} name="tag" />`}
      <span>${name}</span>
    </span>
  </li>`;
  const album = (/** @type {AlbumInfo} */ { id, name }) => html`<li key=${id}>
    <span class="drag-target" data-album=${id} data-name=${name}>
      <${Icon} name="album" /><span>${name}</span>
    </span>
  </li>`;
  const part = (/** @type {string} */ title, /** @type {unknown[]} */ rows) =>
    rows.length > 0 && html`<h2>${title}</h2><ul>${rows}</ul>`;
  return html`<section class="drag-targets" aria-label=${t('drag.targets')}>
    ${part(t('view.albums'), albums.map(album))} ${part(t('view.tags'), tags.map(tag))}
  </section>`;
}
