import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { Button } from '../ui/button.mjs';
import { Dialog, DialogButtons } from '../ui/dialog.mjs';
import { countsOf } from './import-offer.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Offer} Offer */

/**
 * Imports tags: from a database that was found, or from a file of the library.
 * @param {Pick<Parts, 'marksImport'|'words'> & {onClose: () => void}} props
 */
export function ImportDialog({ marksImport, words, onClose }) {
  const { t } = words;
  const [offers, setOffers] = useState(/** @type {Offer[]} */ ([]));
  const [path, setPath] = useState('');
  const [problem, setProblem] = useState('');
  useEffect(() => {
    marksImport.find().then((found) => {
      setOffers(found ?? []);
      setPath((before) => before || (found?.[0]?.path ?? ''));
    });
  }, []);
  const submit = async () => {
    if (!path.trim()) return;
    const refused = await marksImport.start(path.trim());
    if (refused) setProblem(refused);
    else onClose();
  };
  const type = (/** @type {string} */ text) => {
    setPath(text);
    setProblem('');
  };
  const found = offers.find((offer) => offer.path === path);
  const dismiss = t('dialog.cancel');
  return html`<${Dialog} title=${t('import.title')} dismiss=${dismiss} onClose=${onClose} onSubmit=${submit}>
    <p class="dialog__text">${t('import.dialog.text')}</p>
    <${PathField} label=${t('import.path')} path=${path} onType=${type} />
    <datalist id="import-found">
      ${offers.map((offer) => html`<option key=${offer.path} value=${offer.path}></option>`)}
    </datalist>
    ${found && html`<p class="dialog__text">${countsOf(found, words)}</p>`}
    ${problem && html`<p class="form__problem" role="alert">${problem}</p>`}
    <${DialogButtons}>
      <${Button} label=${dismiss} onClick=${onClose} />
      <${Button} label=${t('import.bring')} kind="is-primary" submit=${true} disabled=${!path.trim()} />
    <//>
  <//>`;
}

/** @param {{label: string, path: string, onType: (text: string) => void}} props */
function PathField({ label, path, onType }) {
  const onInput = (/** @type {Event} */ event) =>
    onType(/** @type {HTMLInputElement} */ (event.target).value);
  return html`<label class="field">
    <span>${label}</span>
    <input
      type="text"
      list="import-found"
      autocomplete="off"
      spellcheck=${false}
      value=${path}
      placeholder="iib.db, iib-marks.jsonl"
      onInput=${onInput}
    />
  </label>`;
}
