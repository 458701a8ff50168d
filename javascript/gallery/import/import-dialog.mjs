import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { Button } from '../ui/button.mjs';
import { Dialog, DialogButtons } from '../ui/dialog.mjs';
import { countsOf } from './import-offer.mjs';

/** @typedef {import('../lib/types.mjs').Offer} Offer */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

/**
 * Brings tags from elsewhere: from a database that was found, or from a file of the library.
 * @param {{gallery: Gallery, onClose: () => void}} props
 */
export function ImportDialog({ gallery, onClose }) {
  const {
    importing,
    words: { t, formats },
  } = gallery;
  const [offers, setOffers] = useState(/** @type {Offer[]|null} */ (null));
  const [path, setPath] = useState('');
  const [problem, setProblem] = useState('');
  useEffect(() => {
    importing.find().then((found) => {
      setOffers(found ?? []);
      setPath((before) => before || (found?.[0]?.path ?? ''));
    });
  }, []);
  const submit = async () => {
    if (!path.trim()) return;
    const refused = await importing.start(path.trim());
    if (refused) setProblem(refused);
    else onClose();
  };
  const found = offers?.find((offer) => offer.path === path);
  return html`<${Dialog} title=${t('import.title')} dismiss=${t('dialog.cancel')} onClose=${onClose} onSubmit=${submit}>
    <p class="dialog__text">${t('import.dialog.text')}</p>
    <label class="field"><span>${t('import.path')}</span>
      <input type="text" list="import-found" autocomplete="off" spellcheck=${false} value=${path} placeholder="iib.db, iib-marks.jsonl"
        onInput=${(/** @type {Event} */ event) => {
          setPath(/** @type {HTMLInputElement} */ (event.target).value);
          setProblem('');
        }} /></label>
    <datalist id="import-found">${(offers ?? []).map((offer) => html`<option key=${offer.path} value=${offer.path}></option>`)}</datalist>
    ${found && html`<p class="dialog__text">${countsOf(found, t, formats)}</p>`}
    ${problem && html`<p class="form__problem" role="alert">${problem}</p>`}
    <${DialogButtons}>
      <${Button} label=${t('dialog.cancel')} onClick=${onClose} />
      <${Button} label=${t('import.bring')} kind="is-primary" submit=${true} disabled=${!path.trim()} />
    <//>
  <//>`;
}
