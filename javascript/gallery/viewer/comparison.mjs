import { html, useEffect, useLayoutEffect, useRef, useState } from '../vendor/preact/standalone.mjs';
import { ApiError } from '../api.mjs';
import { isDecodable } from '../lib/media.mjs';
import { IconButton } from '../ui/button.mjs';
import { Compare } from '../ui/compare.mjs';
import { Difference } from '../ui/difference.mjs';
import { readPref, writePref } from '../browser/prefs.mjs';

/** @typedef {import('../lib/types.mjs').GenerationInfo} GenerationInfo */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */
/** @typedef {'slider'|'beside'} Mode */

/** @type {(value: unknown) => value is Mode} */
const isMode = (value) => value === 'slider' || value === 'beside';
/** @type {(value: unknown) => value is boolean} */
const isBoolean = (value) => typeof value === 'boolean';

/**
 * Two pictures and how they differ, over the whole window.
 * @param {{gallery: Gallery, items: Item[], onClose: () => void}} props
 */
export function Comparison({ gallery, items, onClose }) {
  const { t, formats } = gallery.words;
  const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
  const [mode, setMode] = useState(() => readPref('compare', /** @type {Mode} */ ('slider'), isMode));
  const [told, setTold] = useState(() => readPref('compareText', true, isBoolean));
  const infos = useInfos(gallery, items);
  useLayoutEffect(() => {
    dialog.current?.showModal();
    /** @type {HTMLElement|null|undefined} */ (dialog.current?.querySelector('.compare__divider'))?.focus();
  }, []);
  const choose = (/** @type {Mode} */ next) => {
    writePref('compare', next);
    setMode(next);
  };
  const [before, after] = infos;
  return html`<dialog ref=${dialog} class="comparison" aria-label=${t('action.compare')} onClose=${onClose}>
    <header class="viewer-bar">
      <${IconButton} icon="x" label=${t('viewer.close')} onClick=${() => dialog.current?.close()} />
      <h2 class="viewer-bar__name">${t('action.compare')}</h2><span class="viewer-bar__position"></span>
      <${IconButton} icon="square-split-horizontal" label=${t('compare.slider')} pressed=${mode === 'slider'} onClick=${() => choose('slider')} />
      <${IconButton} icon="columns-2" label=${t('compare.beside')} pressed=${mode === 'beside'} onClick=${() => choose('beside')} />
      <${IconButton} icon="file-diff" label=${t('compare.difference')} pressed=${told} onClick=${() => {
        writePref('compareText', !told);
        setTold(!told);
      }} />
    </header>
    <${Compare} t=${t} mode=${mode} pictures=${items.map((item) => ({ name: item.name, url: source(gallery, item) }))} />
    ${
      told &&
      before &&
      after &&
      html`<section class="comparison__text" tabindex="0" aria-label=${t('compare.difference')}>
      <${Difference} t=${t} formats=${formats} before=${before} after=${after} /></section>`
    }
  </dialog>`;
}

/**
 * @param {Gallery} gallery
 * @param {Item} item
 */
function source({ api }, item) {
  return item.kind === 'image' && isDecodable(item.name)
    ? api.file(item.path, item.date)
    : api.thumbnail(item.path, item.date, 1024);
}

/**
 * How the pictures were made, once that is known.
 * @param {Gallery} gallery
 * @param {Item[]} items
 */
function useInfos(gallery, items) {
  const [infos, setInfos] = useState(/** @type {(GenerationInfo|null)[]} */ ([]));
  useEffect(() => {
    const abort = new AbortController();
    gallery.info.details.load(items, abort.signal).then(
      (answers) => !abort.signal.aborted && setInfos(answers),
      (error) => {
        if (!abort.signal.aborted && !(error instanceof ApiError)) throw error;
      },
    );
    return () => abort.abort();
  }, []);
  return infos;
}
