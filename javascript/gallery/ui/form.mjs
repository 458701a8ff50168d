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
 * @property {boolean} [disabled]
 * @property {(value: T) => string} text
 * @property {(value: T) => void} onChange
 */

/**
 * One of a few, all of which are seen.
 * @template {string} T
 * @param {SegmentsProps<T>} props
 */
export function Segments({ label, name, values, value, disabled = false, text, onChange }) {
  const segment = (/** @type {T} */ one) => html`<label key=${one} class="segments__one">
    <input
      type="radio"
      class="visually-hidden"
      name=${name}
      value=${one}
      checked=${one === value}
      disabled=${disabled}
      onChange=${() => onChange(one)}
    />
    <span>${text(one)}</span>
  </label>`;
  return html`<div class="form__row" role="radiogroup" aria-label=${label}>
    <span class="form__label" aria-hidden="true">${label}</span>
    <div class="segments">${values.map(segment)}</div>
  </div>`;
}

/**
 * Something that is on or off.
 * @param {{label: string, checked: boolean, onChange: (isOn: boolean) => void}} props
 */
export function Check({ label, checked, onChange }) {
  const change = (/** @type {Event} */ event) =>
    onChange(/** @type {HTMLInputElement} */ (event.target).checked);
  return html`<label class="form__check">
    <input type="checkbox" checked=${checked} onChange=${change} />
    <span>${label}</span>
  </label>`;
}
