import { html } from '../vendor/preact/standalone.mjs';
import { Button } from './button.mjs';
import { Dialog, DialogButtons } from './dialog.mjs';
import { Icon } from './icons.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** What happens with a file whose name is taken. @typedef {'skip'|'replace'|'keep'} Choice */
/**
 * One of the two files of a name. ``path``: '' for one that is not in the library.
 * @typedef {{label: string, path: string, picture: string, details: string[]}} Side
 */

/**
 * @typedef {Object} ConflictDialogProps
 * @property {Translate} t
 * @property {string} title
 * @property {string} text
 * @property {string} name  that both have
 * @property {string} position  which conflict of how many; '' for the only one
 * @property {Side[]} sides
 * @property {string} all  words for doing the same with the others; '' where there are none
 * @property {boolean} isAll
 * @property {(isAll: boolean) => void} onAll
 * @property {boolean} canReplace
 * @property {(choice: Choice) => void} onChoose
 * @property {() => void} onClose
 */

/**
 * Two files of one name side by side: keep both, leave one where it is, or put the other one into the
 * trash. Nothing is overwritten.
 * @param {ConflictDialogProps} props
 */
export function ConflictDialog(props) {
  const { t, title, text, name, position, sides, all, isAll, canReplace } = props;
  const { onAll, onChoose, onClose } = props;
  const toggle = html`<label class="conflict__all">
    <input type="checkbox" checked=${isAll} onChange=${() => onAll(!isAll)} />
    <span>${all}</span>
  </label>`;
  const replace = html`<${Button}
    label=${t('conflicts.replace')}
    onClick=${() => onChoose('replace')}
  />`;
  return html`<${Dialog} title=${title} dismiss=${t('dialog.cancel')} kind="is-folders" onClose=${onClose}>
    <p class="dialog__text">${text}</p>
    <div class="conflict" aria-live="polite">
      <h3 title=${name}>${name}</h3>
      ${position && html`<span>${position}</span>`}
      ${sides.map((side) => html`<${SideView} key=${side.label} ...${side} />`)}
    </div>
    ${all && toggle}
    ${canReplace && html`<p class="conflict__hint">${t('conflicts.replaceHint')}</p>`}
    <${DialogButtons}>
      <${Button} label=${t('dialog.cancel')} onClick=${onClose} />
      <${Button} label=${t('dialog.skip')} onClick=${() => onChoose('skip')} />
      ${canReplace && replace}
      <${Button} label=${t('dialog.keepBoth')} kind="is-primary" onClick=${() => onChoose('keep')} />
    <//>
  <//>`;
}

/** @param {Side} props */
function SideView({ label, path, picture, details }) {
  const hide = (/** @type {Event} */ { target }) => /** @type {HTMLElement} */ (target).remove();
  const shown = html`<img
    key=${picture}
    data-path=${path || null}
    src=${picture}
    alt=""
    onError=${hide}
  />`;
  return html`<figure class="conflict__side">
    <div class="conflict__picture">
      <${Icon} name="image" />
      ${picture && shown}
    </div>
    <figcaption>
      <strong>${label}</strong>
      ${details.map((detail) => html`<span key=${detail}>${detail}</span>`)}
    </figcaption>
  </figure>`;
}
