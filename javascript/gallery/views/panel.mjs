import { html, useMemo } from '../vendor/preact/standalone.mjs';
import { needlesOf } from '../lib/needles.mjs';
import { HOME } from '../lib/router.mjs';
import { saveText } from '../ui/clipboard.mjs';
import { InfoPanel } from '../ui/info-panel.mjs';
import { hrefOf } from './address.mjs';

/** @typedef {import('./gallery.mjs').Gallery} Gallery */

/**
 * The info beside the pictures.
 * @param {{gallery: Gallery}} props
 */
export function Panel({ gallery }) {
  const { state, info, words: { t, formats } } = gallery;
  const needles = useMemo(() => needlesOf(state.query), [state.query]);
  return html`<${InfoPanel} t=${t} formats=${formats} item=${gallery.currentItem} info=${state.info} problem=${state.infoFailed ? t('info.problem') : ''}
    pixels=${gallery.viewing.pixels()} needles=${needles} pinned=${info.reference}
    searchOf=${(/** @type {string} */ query) => hrefOf({ ...HOME, view: 'library', query })}
    copy=${(/** @type {string} */ text) => gallery.commanding.copy(text)}
    saveJson=${(/** @type {string} */ name, /** @type {string} */ text) => saveText(name, text, 'application/json')}
    loadExif=${gallery.api.exif} onEdit=${state.readOnly ? null : (/** @type {import('../lib/types.mjs').Item} */ item) => info.edit(item)}
    onPin=${() => info.pin()} onClose=${() => info.toggle()} />`;
}
