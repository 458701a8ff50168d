import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { moved } from '../lib/order.mjs';
import { baseName } from '../lib/paths.mjs';
import { Button } from '../ui/button.mjs';
import { Dialog, DialogButtons } from '../ui/dialog.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').AlbumInfo} AlbumInfo */

/**
 * The files of an album in their order, of which the first is the cover. Each move counts at once.
 * @param {Pick<Parts, 'albumActions'|'api'|'toasts'|'words'> & {album: AlbumInfo, onClose: () => void}} props
 */
export function AlbumOrderDialog({ album, albumActions, api, toasts, words: { t }, onClose }) {
  const [paths, setPaths] = useState(/** @type {string[]} */ ([]));
  const [chosen, setChosen] = useState('');
  const [dragged, setDragged] = useState(-1);
  const load = () => albumActions.files(album).then(setPaths, (error) => toasts.fail(error));
  useEffect(() => void load(), []);
  const at = paths.indexOf(chosen);
  const move = (/** @type {number} */ from, /** @type {number} */ to) => {
    if (from < 0 || from === to || to < 0 || to >= paths.length) return;
    const next = moved(paths, from, to);
    setPaths(next);
    setChosen(paths[from]);
    albumActions.place(album, paths[from], to ? next[to - 1] : null);
  };
  const onDragOver = (/** @type {DragEvent} */ event) => dragged >= 0 && event.preventDefault();
  const one = (/** @type {string} */ path, /** @type {number} */ index) => html`<li key=${path}>
    <button
      type="button"
      class="order__one"
      draggable=${true}
      aria-pressed=${path === chosen}
      title=${baseName(path)}
      onClick=${() => setChosen(path)}
      onDragStart=${() => setDragged(index)}
      onDragEnd=${() => setDragged(-1)}
      onDragOver=${onDragOver}
      onDrop=${() => move(dragged, index)}
    >
      <img
        data-path=${path}
        src=${api.thumbnail(path, 0, 256)}
        alt=${baseName(path)}
        loading="lazy"
        draggable=${false}
      />
      ${index === 0 && html`<span class="order__cover">${t('album.cover')}</span>`}
    </button>
  </li>`;
  const title = t('album.order.of', { name: album.name });
  const button = (/** @type {string} */ label, /** @type {number} */ to) => html`<${Button}
    label=${t(label)}
    disabled=${at < 0 || to < 0 || to >= paths.length || to === at}
    onClick=${() => move(at, to)}
  />`;
  return html`<${Dialog} title=${title} dismiss=${t('dialog.close')} kind="is-wide" onClose=${onClose}>
    <p class="dialog__text">${t(paths.length ? 'album.order.text' : 'album.order.none')}</p>
    <ol class="order">${paths.map(one)}</ol>
    <${DialogButtons}>
      ${button('album.order.cover', 0)} ${button('album.order.earlier', at - 1)}
      ${button('album.order.later', at < 0 ? -1 : at + 1)}
      <${Button} label=${t('dialog.done')} kind="is-primary" onClick=${onClose} />
    <//>
  <//>`;
}
