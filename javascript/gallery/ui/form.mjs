import { html } from '../vendor/preact/standalone.mjs';

/**
 * A line of a form: what it is about, the field, and a word of help.
 * @param {{label: string, hint?: string, children?: unknown}} props
 */
export function Row({ label, hint = '', children }) {
  return html`<div class="form__row"><span class="form__label" aria-hidden="true">${label}</span><div class="form__field">${children}
    ${hint && html`<p class="form__hint">${hint}</p>`}</div></div>`;
}

/**
 * One of a few, all of which are seen.
 * @template {string} T
 * @param {{label: string, name: string, values: T[], value: T, text: (value: T) => string, onChange: (value: T) => void}} props
 */
export function Segments({ label, name, values, value, text, onChange }) {
  return html`<div class="form__row" role="radiogroup" aria-label=${label}><span class="form__label" aria-hidden="true">${label}</span>
    <div class="segments">${values.map(
      (one) => html`<label key=${one} class="segments__one">
      <input type="radio" class="visually-hidden" name=${name} value=${one} checked=${one === value} onChange=${() => onChange(one)} /><span>${text(one)}</span>
    </label>`,
    )}</div></div>`;
}
