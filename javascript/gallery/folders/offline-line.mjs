import { html } from '../vendor/preact/standalone.mjs';
import { Icon } from '../ui/icons.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Root} Root */

/**
 * Above the library: which folders are not connected, and how many of their files are not shown.
 * @param {Pick<Parts, 'store'|'words'>} props
 */
export function OfflineLine({ store, words: { t, formats } }) {
  const { roots } = store.state;
  const away = roots.filter(({ missing, online }) => !online && missing);
  if (!away.length) return null;
  const line = (/** @type {Root} */ { missing = 0, name, path }) =>
    html`<p key=${path}>
      ${t('roots.hidden', { name, count: missing, number: formats.number(missing) })}
    </p>`;
  return html`<div class="offline-line" role="status">
    <${Icon} name="unplug" />
    <div>${away.map(line)}</div>
  </div>`;
}
