import { html } from '../vendor/preact/standalone.mjs';
import { baseName } from '../lib/paths.mjs';
import { Button } from './button.mjs';
import { Dialog, DialogButtons } from './dialog.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

/** At most this many rows are shown; all of them can be copied. */
const SHOWN = 200;

/**
 * @typedef {{path: string, error: string}} Problem
 *
 * @typedef {Object} ProblemsDialogProps
 * @property {Translate} t
 * @property {string} title
 * @property {Problem[]} errors
 * @property {(text: string) => unknown} copy
 * @property {() => void} onClose
 */

/**
 * Files that something could not be done with, each with its reason.
 * @param {ProblemsDialogProps} props
 */
export function ProblemsDialog({ t, title, errors, copy, onClose }) {
  const more = errors.length - SHOWN;
  const copyAll = () => copy(errors.map(({ path, error }) => `${path}\t${error}`).join('\n'));
  const row = (/** @type {Problem} */ { path, error }) => html`<li title=${path}>
    <strong>${baseName(path)}</strong>
    <span>${error}</span>
  </li>`;
  return html`<${Dialog} title=${title} dismiss=${t('dialog.close')} onClose=${onClose}>
    <ul class="problems" tabindex="0">${errors.slice(0, SHOWN).map(row)}</ul>
    <${DialogButtons} hint=${more > 0 ? t('dialog.moreProblems', { count: more }) : ''}>
      <${Button} label=${t('dialog.copyList')} icon="copy" onClick=${copyAll} />
      <${Button} label=${t('dialog.close')} kind="is-primary" onClick=${onClose} />
    <//>
  <//>`;
}
