import { html } from '../vendor/preact/standalone.mjs';
import { Icon } from './icons.mjs';

/**
 * A button that is only an icon; its words are its label and tooltip.
 * @param {{icon: string, label: string, onClick: (event: MouseEvent) => void, pressed?: boolean, disabled?: boolean, kind?: string}} props
 */
export function IconButton({ icon, label, onClick, pressed, disabled = false, kind = '' }) {
  return html`<button type="button" class=${`icon-button ${kind}`} title=${label} aria-label=${label} aria-pressed=${pressed} disabled=${disabled}
    onClick=${onClick}><${Icon} name=${icon} /></button>`;
}

/**
 * @param {{label: string, onClick?: (event: MouseEvent) => void, icon?: string, kind?: string, disabled?: boolean, submit?: boolean, title?: string}} props
 *     submit: it does what Enter does in the form around it
 */
export function Button({ label, onClick, icon, kind = '', disabled = false, submit = false, title }) {
  return html`<button type=${submit ? 'submit' : 'button'} class=${`button ${kind}`} disabled=${disabled} title=${title} onClick=${onClick}>
    ${icon && html`<${Icon} name=${icon} />`}<span>${label}</span></button>`;
}
