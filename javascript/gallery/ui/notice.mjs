import { html } from '../vendor/preact/standalone.mjs';
import { Button } from './button.mjs';
import { Icon } from './icons.mjs';

/**
 * What there is instead of pictures: one sentence and one thing to do.
 * @param {{icon: string, title: string, text: string, action: string, onAction: (() => void)|null, busy?: boolean, children?: unknown}} props  children: further ways
 */
export function Notice({ icon, title, text, action, onAction, busy = false, children }) {
  return html`<section class=${`notice ${busy ? 'is-busy' : ''}`} role=${busy ? 'status' : 'alert'}>
    <${Icon} name=${icon} />
    <h2>${title}</h2>
    ${text && html`<p>${text}</p>`}
    ${children}
    ${onAction && html`<${Button} label=${action} kind="is-primary" onClick=${onAction} />`}
  </section>`;
}
