import { html } from '../vendor/preact/standalone.mjs';
import { Icon } from './icons.mjs';

/**
 * @typedef {Object} IconButtonProps
 * @property {string} icon
 * @property {string} label
 * @property {(event: MouseEvent) => void} onClick
 * @property {boolean} [pressed]
 * @property {boolean} [disabled]
 * @property {string} [kind]
 * @property {string} [hint]  the key that does the same
 */

/**
 * A button that is only an icon; its words are its label and tooltip.
 * @param {IconButtonProps} props
 */
export function IconButton({ icon, label, onClick, pressed, disabled = false, kind = '', hint = '' }) {
  return html`<button
    type="button"
    class=${`icon-button ${kind}`}
    title=${withHint(label, hint)}
    aria-label=${label}
    aria-pressed=${pressed}
    disabled=${disabled}
    onClick=${onClick}
  >
    <${Icon} name=${icon} />
  </button>`;
}

/**
 * @param {string} label
 * @param {string} hint  the key that does the same; '' where there is none
 */
export function withHint(label, hint) {
  return hint ? `${label} (${hint})` : label;
}

/**
 * @typedef {Object} ButtonProps
 * @property {string} label
 * @property {(event: MouseEvent) => void} [onClick]
 * @property {string} [icon]
 * @property {string} [kind]
 * @property {boolean} [disabled]
 * @property {boolean} [submit]  it does what Enter does in the form around it
 * @property {string} [title]
 */

/** @param {ButtonProps} props */
export function Button({ label, onClick, icon, kind = '', disabled = false, submit = false, title }) {
  return html`<button
    type=${submit ? 'submit' : 'button'}
    class=${`button ${kind}`}
    disabled=${disabled}
    title=${title}
    onClick=${onClick}
  >
    ${icon && html`<${Icon} name=${icon} />`}
    <span>${label}</span>
  </button>`;
}
