import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { useStateAbout } from '../ui/about.mjs';
import { Button } from '../ui/button.mjs';
import { Dialog, DialogButtons } from '../ui/dialog.mjs';
import { FileButton } from '../ui/file-button.mjs';
import { Works } from '../ui/work.mjs';
import { countsOf } from './import-offer.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Brought} Brought */
/** @typedef {import('../lib/types.mjs').Offer} Offer */

/** Files that can be imported, for the browser's own dialog. */
const TYPES = '.db,.jsonl,.json,.txt';

/**
 * Imports tags, stars and albums from a file of the user, of the library, or a database that was
 * found. What would be imported is shown first.
 * @param {Pick<Parts, 'marksImport'|'store'|'words'> & {onClose: () => void}} props
 */
export function ImportDialog({ marksImport, store, words, onClose }) {
  const { t } = words;
  const [offers, setOffers] = useState(/** @type {Offer[]} */ ([]));
  const [source, setSource] = useState(/** @type {string|File} */ (''));
  // What was seen in a file, or is wrong with it, is said of that one only: another may be chosen
  // while it is looked at.
  const [seen, setSeen] = useStateAbout(source, /** @type {Brought|null} */ (null));
  const [problem, setProblem] = useStateAbout(source, '');
  const [isLooking, setLooking] = useStateAbout(source, false);
  useEffect(() => {
    marksImport.find().then((found) => {
      setOffers(found ?? []);
      setSource((before) => before || (found?.[0]?.path ?? ''));
    });
  }, []);
  const look = async (/** @type {string|File} */ from) => {
    setLooking(true);
    const answer = await marksImport.look(from);
    setLooking(false);
    if (typeof answer === 'string') setProblem(answer);
    else setSeen(answer);
  };
  useEffect(() => {
    if (typeof source !== 'string') look(source);
  }, [source]);
  const trimmed = typeof source === 'string' ? source.trim() : source;
  const submit = async () => {
    if (!trimmed || isLooking) return undefined;
    if (!seen) return look(trimmed);
    const refused = await marksImport.start(trimmed);
    return refused ? setProblem(refused) : onClose();
  };
  const path = typeof source === 'string' ? source : '';
  const found = offers.find((offer) => offer.path === path);
  const dismiss = t('dialog.cancel');
  return html`<${Dialog}
    title=${t('import.file.title')}
    dismiss=${dismiss}
    onClose=${onClose}
    onSubmit=${submit}
  >
    <p class="dialog__text">${t('import.dialog.text')}</p>
    <${FileButton}
      label=${t('import.choose')}
      name=${typeof source === 'string' ? '' : source.name}
      types=${TYPES}
      onChoose=${setSource}
    />
    <${PathField} label=${t('import.path')} path=${path} onType=${setSource} />
    <datalist id="import-found">
      ${offers.map((offer) => html`<option key=${offer.path} value=${offer.path}></option>`)}
    </datalist>
    ${found && !seen && html`<p class="dialog__text">${countsOf(found, words)}</p>`}
    ${isLooking && html`<${Looking} store=${store} words=${words} />`}
    ${seen && html`<p class="dialog__text" role="status">${marksImport.previewOf(seen)}</p>`}
    ${problem && html`<p class="form__problem" role="alert">${problem}</p>`}
    <${DialogButtons}>
      <${Button} label=${dismiss} onClick=${onClose} />
      <${Button}
        label=${t(seen ? 'import.bring' : 'import.look')}
        kind="is-primary"
        submit=${true}
        disabled=${!trimmed || isLooking}
      />
    <//>
  <//>`;
}

/**
 * How far the file has been read.
 * @param {Pick<Parts, 'store'|'words'>} props
 */
function Looking({ store, words: { t } }) {
  const text = t('import.looking');
  const job = store.state.jobs.find((one) => one.text === text);
  const part = job?.total ? job.part : null;
  return html`<${Works} label=${text} works=${[{ key: 'look', text, part }]} />`;
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
