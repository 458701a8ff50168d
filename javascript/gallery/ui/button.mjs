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
export function IconButton({
  icon,
  label,
  onClick,
  pressed,
  disabled = false,
  kind = '',
  hint = '',
}) {
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
 * A button that shows a value where it has one, and an icon until then.
 * @param {{icon: string, text: string, label: string, hint?: string, onClick: () => void}} props
 */
export function TextButton({ icon, text, label, hint = '', onClick }) {
  return html`<button
    type="button"
    class="icon-button has-text"
    title=${withHint(label, hint)}
    aria-label=${text ? `${label}: ${text}` : label}
    onClick=${onClick}
  >
    ${text || html`<${Icon} name=${icon} />`}
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
 * @property {boolean} [pressed]
 * @property {boolean} [focused]  has the focus when the dialog around it opens
 */

/** @param {ButtonProps} props */
export function Button(props) {
  const {
    label,
    onClick,
    icon,
    kind = '',
    disabled = false,
    pressed,
    submit = false,
    title,
    focused = false,
  } = props;
  return html`<button
    type=${submit ? 'submit' : 'button'}
    class=${`button ${kind}`}
    autofocus=${focused}
    disabled=${disabled}
    title=${title}
    aria-pressed=${pressed}
    onClick=${onClick}
  >
    ${icon && html`<${Icon} name=${icon} />`}
    <span>${label}</span>
  </button>`;
}
