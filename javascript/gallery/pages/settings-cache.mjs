import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { ApiError } from '../api/transport.mjs';
import { Button } from '../ui/button.mjs';
import { Row } from '../ui/form.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */

/**
 * How much is in the cache of thumbnails, which the server counts file by file, and a button that empties it.
 * @param {Pick<Parts, 'api'|'settingsActions'|'store'|'words'>} props
 */
export function CacheRow({ api, settingsActions, store, words: { t, formats } }) {
  const { readOnly, turn } = store.state;
  const [size, setSize] = useState(/** @type {{files: number, bytes: number}|null} */ (null));
  useEffect(() => {
    let isWanted = true;
    const none = (/** @type {unknown} */ error) => {
      if (!(error instanceof ApiError)) throw error; // the size stays unknown
    };
    api.cacheSize().then((found) => isWanted && setSize(found), none);
    return () => {
      isWanted = false;
    };
  }, [turn]);
  const counted = size && {
    count: size.files,
    number: formats.number(size.files),
    size: formats.bytes(size.bytes),
  };
  const clear = html`<${Button}
    label=${t('settings.clear')}
    disabled=${!size?.files}
    onClick=${() => settingsActions.clearCache()}
  />`;
  return html`<${Row} label=${t('settings.cache')}>
    <div class="form__pair">
      <span aria-live="polite">${counted ? t('settings.cache.size', counted) : '…'}</span>
      ${!readOnly && clear}
    </div>
  <//>`;
}
