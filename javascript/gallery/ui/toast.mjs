import { html } from '../vendor/preact/standalone.mjs';

/**
 * A short word about what just happened. The region is always there, because screen readers announce only what changes inside one.
 * @param {{text: string}} props
 */
export function Toast({ text }) {
  return html`<div class="toast-region" role="status" aria-live="polite">${text && html`<p class="toast" key=${text}>${text}</p>`}</div>`;
}
