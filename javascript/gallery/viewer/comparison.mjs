import {
  html,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from '../vendor/preact/standalone.mjs';
import { ApiError } from '../api/transport.mjs';
import { readPref, writePref } from '../browser/prefs.mjs';
import { isDecodable } from '../lib/media.mjs';
import { IconButton } from '../ui/button.mjs';
import { Compare } from '../ui/compare.mjs';
import { Difference } from '../ui/difference.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').GenerationInfo} GenerationInfo */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {'slider'|'beside'} Mode */

/** @type {(value: unknown) => value is Mode} */
const isMode = (value) => value === 'slider' || value === 'beside';
/** @type {(value: unknown) => value is boolean} */
const isBoolean = (value) => typeof value === 'boolean';

/**
 * Two pictures and how they differ, or up to four beside each other, over the whole window.
 * @param {Pick<Parts, 'api'|'info'|'words'> & {items: Item[], onClose: () => void}} props
 */
export function Comparison({ api, info, items, words, onClose }) {
  const { t, formats } = words;
  const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
  const [chosen, setMode] = useState(() =>
    readPref('compare', /** @type {Mode} */ ('slider'), isMode),
  );
  const isPair = items.length === 2;
  const mode = isPair ? chosen : 'beside';
  const [hasText, setHasText] = useState(() => readPref('compareText', true, isBoolean));
  const [before, after] = useInfos(info, items);
  useLayoutEffect(() => {
    dialog.current?.showModal();
    /** @type {HTMLElement|null|undefined} */ (
      dialog.current?.querySelector('.compare__divider')
    )?.focus();
  }, []);
  const choose = (/** @type {Mode} */ next) => {
    writePref('compare', next);
    setMode(next);
  };
  const toggleText = () => {
    writePref('compareText', !hasText);
    setHasText(!hasText);
  };
  /** @param {Mode} one @param {string} icon @param {string} name */
  const button = (one, icon, name) =>
    html`<${IconButton}
      icon=${icon}
      label=${name}
      pressed=${mode === one}
      onClick=${() => choose(one)}
    />`;
  const label = t('compare.difference');
  const difference = html`<section class="comparison__text" tabindex="0" aria-label=${label}>
    <${Difference} t=${t} formats=${formats} before=${before} after=${after} />
  </section>`;
  const tools = html`
    ${button('slider', 'square-split-horizontal', t('compare.slider'))}
    ${button('beside', 'columns-2', t('compare.beside'))}
    <${IconButton} icon="file-diff" label=${label} pressed=${hasText} onClick=${toggleText} />
  `;
  return html`<dialog
    ref=${dialog}
    class="comparison"
    data-ground="dark"
    aria-label=${t('action.compare')}
    onClose=${onClose}
  >
    <header class="viewer-bar">
      <${IconButton} icon="x" label=${t('viewer.close')} onClick=${() => dialog.current?.close()} />
      <h2 class="viewer-bar__name">${t('action.compare')}</h2>
      <span class="viewer-bar__position"></span>
      ${isPair && tools}
    </header>
    <${Compare} t=${t} mode=${mode} pictures=${items.map((item) => pictureOf(api, item))} />
    ${isPair && hasText && before && after && difference}
  </dialog>`;
}

/**
 * @param {Parts['api']} api
 * @param {Item} item
 */
function pictureOf(api, { path, name, date, kind }) {
  const isShown = kind === 'image' && isDecodable(name);
  return { name, path, url: isShown ? api.file(path, date) : api.thumbnail(path, date, 1024) };
}

/**
 * How the pictures were made, once that is known.
 * @param {Parts['info']} info
 * @param {Item[]} items
 */
function useInfos(info, items) {
  const [infos, setInfos] = useState(/** @type {(GenerationInfo|null)[]} */ ([]));
  useEffect(() => {
    const abort = new AbortController();
    info.cache.load(items, abort.signal).then(
      (answers) => !abort.signal.aborted && setInfos(answers),
      (error) => {
        if (!abort.signal.aborted && !(error instanceof ApiError)) throw error;
      },
    );
    return () => abort.abort();
  }, []);
  return infos;
}
