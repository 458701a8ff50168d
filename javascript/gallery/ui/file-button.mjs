import { html, useRef } from '../vendor/preact/standalone.mjs';
import { Button } from './button.mjs';

/**
 * A button that asks for a file of this computer, and the name of the one that was chosen.
 * @param {{label: string, name: string, types: string, onChoose: (file: File) => void}} props  types: as the
 *   browser's dialog takes them
 */
export function FileButton({ label, name, types, onChoose }) {
  const field = useRef(/** @type {HTMLInputElement|null} */ (null));
  const onChange = () => {
    const file = field.current?.files?.[0];
    if (file) onChoose(file);
    // So that the same file can be chosen again, after it was changed.
    if (field.current) field.current.value = '';
  };
  return html`<div class="form__pair">
    <${Button} label=${label} icon="upload" onClick=${() => field.current?.click()} />
    <input ref=${field} type="file" hidden accept=${types} onChange=${onChange} />
    <span>${name}</span>
  </div>`;
}
