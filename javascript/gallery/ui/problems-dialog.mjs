import { html } from '../vendor/preact/standalone.mjs';
import { baseName } from '../lib/paths.mjs';
import { Button } from './button.mjs';
import { Dialog, DialogButtons } from './dialog.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

/** More rows than this nobody reads; all of them can be copied. */
const SHOWN = 200;

/**
 * Files that something could not be done with, each with its reason.
 * @param {{t: Translate, title: string, errors: {path: string, error: string}[], copy: (text: string) => unknown, onClose: () => void}} props
 */
export function ProblemsDialog({ t, title, errors, copy, onClose }) {
  return html`<${Dialog} title=${title} dismiss=${t('dialog.close')} onClose=${onClose}>
    <ul class="problems" tabindex="0">${errors.slice(0, SHOWN).map(
      ({ path, error }) => html`<li title=${path}>
      <strong>${baseName(path)}</strong><span>${error}</span>
    </li>`,
    )}</ul>
    <${DialogButtons} hint=${errors.length > SHOWN ? t('dialog.moreProblems', { count: errors.length - SHOWN }) : ''}>
      <${Button} label=${t('dialog.copyList')} icon="copy" onClick=${() => copy(errors.map(({ path, error }) => `${path}\t${error}`).join('\n'))} />
      <${Button} label=${t('dialog.close')} kind="is-primary" onClick=${onClose} />
    <//>
  <//>`;
}
