import { html } from '../vendor/preact/standalone.mjs';
import { Icon } from './icons.mjs';

/**
 * A button that is only an icon; its words are its label and tooltip.
 * @param {{icon: string, label: string, onClick: (event: MouseEvent) => void, pressed?: boolean, disabled?: boolean, kind?: string, hint?: string}} props
 *     hint: the key that does the same
 */
export function IconButton({ icon, label, onClick, pressed, disabled = false, kind = '', hint = '' }) {
  return html`<button type="button" class=${`icon-button ${kind}`} title=${withHint(label, hint)} aria-label=${label} aria-pressed=${pressed} disabled=${disabled}
    onClick=${onClick}><${Icon} name=${icon} /></button>`;
}

/**
 * @param {string} label
 * @param {string} hint  the key that does the same; '' where there is none
 */
export function withHint(label, hint) {
  return hint ? `${label} (${hint})` : label;
}

/**
 * @param {{label: string, onClick?: (event: MouseEvent) => void, icon?: string, kind?: string, disabled?: boolean, submit?: boolean, title?: string}} props
 *     submit: it does what Enter does in the form around it
 */
export function Button({ label, onClick, icon, kind = '', disabled = false, submit = false, title }) {
  return html`<button type=${submit ? 'submit' : 'button'} class=${`button ${kind}`} disabled=${disabled} title=${title} onClick=${onClick}>
    ${icon && html`<${Icon} name=${icon} />`}<span>${label}</span></button>`;
}
