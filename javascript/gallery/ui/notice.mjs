import { html } from '../vendor/preact/standalone.mjs';
import { Button } from './button.mjs';
import { Icon } from './icons.mjs';

/**
 * @typedef {Object} NoticeProps
 * @property {string} icon
 * @property {string} title
 * @property {string} [text]
 * @property {string} [action]
 * @property {(() => void)|null} [onAction]
 * @property {boolean} [busy]
 * @property {unknown} [children]  further ways
 */

/**
 * What there is instead of pictures: one sentence and one thing to do.
 * @param {NoticeProps} props
 */
export function Notice({
  icon,
  title,
  text = '',
  action = '',
  onAction = null,
  busy = false,
  children,
}) {
  return html`<section class=${`notice ${busy ? 'is-busy' : ''}`} role=${busy ? 'status' : 'alert'}>
    <${Icon} name=${icon} />
    <h2>${title}</h2>
    ${text && html`<p>${text}</p>`}
    ${children}
    ${onAction && html`<${Button} label=${action} kind="is-primary" onClick=${onAction} />`}
  </section>`;
}
