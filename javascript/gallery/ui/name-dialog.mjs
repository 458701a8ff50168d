import { html, useLayoutEffect, useRef, useState } from '../vendor/preact/standalone.mjs';
import { Button } from './button.mjs';
import { Dialog, DialogButtons } from './dialog.mjs';
import { valueOf } from './events.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

/**
 * @typedef {Object} NameDialogProps
 * @property {Translate} t
 * @property {string} title
 * @property {string} verb  what the button says
 * @property {string} name
 * @property {string} [suggested]  a new name that can be taken as it is
 * @property {boolean} isFile  what comes before the extension is marked
 * @property {(name: string) => void} onName
 * @property {() => void} onClose
 */

/**
 * Asks for a name. What is typed replaces the marked part of the present one.
 * @param {NameDialogProps} props
 */
export function NameDialog({ t, title, verb, name, suggested = '', isFile, onName, onClose }) {
  const field = useRef(/** @type {HTMLInputElement|null} */ (null));
  const [text, setText] = useState(name || suggested);
  useLayoutEffect(() => {
    const dot = isFile ? name.lastIndexOf('.') : -1;
    field.current?.focus();
    field.current?.setSelectionRange(0, dot > 0 ? dot : text.length);
  }, []);
  const wanted = text.trim();
  const submit = () => wanted && wanted !== name && onName(wanted);
  const isSame = !wanted || wanted === name;
  const dismiss = t('dialog.cancel');
  const onInput = (/** @type {Event} */ event) => setText(valueOf(event));
  return html`<${Dialog} title=${title} dismiss=${dismiss} onClose=${onClose} onSubmit=${submit}>
    <label class="field">
      <span>${t(name ? 'dialog.name' : 'dialog.newName')}</span>
      <input
        ref=${field}
        type="text"
        autocomplete="off"
        spellcheck=${false}
        maxlength="200"
        value=${text}
        onInput=${onInput}
      />
    </label>
    <p class="form__hint" role="status">${isFile && wanted ? changeOfType(name, wanted, t) : ''}</p>
    <${DialogButtons}>
      <${Button} label=${dismiss} onClick=${onClose} />
      <${Button} label=${verb} kind="is-primary" submit=${true} disabled=${isSame} />
    <//>
  <//>`;
}

/**
 * That the end of a name is another one, by which programs know what a file is.
 * @param {string} name
 * @param {string} wanted
 * @param {Translate} t
 */
function changeOfType(name, wanted, t) {
  const [from, to] = [extensionOf(name), extensionOf(wanted)];
  if (from.toLowerCase() === to.toLowerCase()) return '';
  return to ? t('dialog.newType', { from, to }) : t('dialog.noType', { from });
}

/** @param {string} name */
function extensionOf(name) {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot) : '';
}
