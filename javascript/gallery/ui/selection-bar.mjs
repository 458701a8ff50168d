import { html } from '../vendor/preact/standalone.mjs';
import { Button, IconButton } from './button.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

/**
 * What can be done with the selected files.
 * @param {{t: Translate, summary: string, onCopyPaths: () => void, onCopyPrompts: () => void, onClear: () => void}} props
 */
export function SelectionBar({ t, summary, onCopyPaths, onCopyPrompts, onClear }) {
  return html`<div class="selection-bar" role="region" aria-label=${t('selection.label')}>
    <p aria-live="polite">${summary}</p>
    <${Button} icon="copy" label=${t('selection.copyPrompts')} onClick=${onCopyPrompts} />
    <${Button} icon="copy" label=${t('selection.copyPaths')} onClick=${onCopyPaths} />
    <${IconButton} icon="x" label=${t('selection.clear')} onClick=${onClear} />
  </div>`;
}
