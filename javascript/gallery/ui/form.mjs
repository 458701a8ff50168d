import { html } from '../vendor/preact/standalone.mjs';

/**
 * A line of a form: what it is about, the field, and a word of help.
 * @param {{label: string, hint?: string, children?: unknown}} props
 */
export function Row({ label, hint = '', children }) {
  return html`<div class="form__row">
    <span class="form__label" aria-hidden="true">${label}</span>
    <div class="form__field">
      ${children}
      ${hint && html`<p class="form__hint">${hint}</p>`}
    </div>
  </div>`;
}

/**
 * @template {string} T
 * @typedef {Object} SegmentsProps
 * @property {string} label
 * @property {string} name
 * @property {T[]} values
 * @property {T} value
 * @property {(value: T) => string} text
 * @property {(value: T) => void} onChange
 */

/**
 * One of a few, all of which are seen.
 * @template {string} T
 * @param {SegmentsProps<T>} props
 */
export function Segments({ label, name, values, value, text, onChange }) {
  const segment = (/** @type {T} */ one) => html`<label key=${one} class="segments__one">
    <input
      type="radio"
      class="visually-hidden"
      name=${name}
      value=${one}
      checked=${one === value}
      onChange=${() => onChange(one)}
    />
    <span>${text(one)}</span>
  </label>`;
  return html`<div class="form__row" role="radiogroup" aria-label=${label}>
    <span class="form__label" aria-hidden="true">${label}</span>
    <div class="segments">${values.map(segment)}</div>
  </div>`;
}
