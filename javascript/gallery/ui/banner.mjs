import { html } from '../vendor/preact/standalone.mjs';
import { Button } from './button.mjs';
import { Icon } from './icons.mjs';

/**
 * What concerns the whole page, above it.
 * @param {{icon: string, text: string, action: string, onAction: () => void}} props
 */
export function Banner({ icon, text, action, onAction }) {
  return html`<div class="banner" role="alert">
    <${Icon} name=${icon} />
    <span>${text}</span>
    <${Button} label=${action} onClick=${onAction} />
  </div>`;
}
