import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { ApiError } from '../api/transport.mjs';
import { Button } from '../ui/button.mjs';
import { Dialog, DialogButtons } from '../ui/dialog.mjs';
import { valueOf } from '../ui/events.mjs';
import { Icon } from '../ui/icons.mjs';
import { MachineFolderDialog } from './machine-folder-dialog.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Relocated} Relocated */
/** @typedef {Pick<Parts, 'api'|'libraryRoots'|'store'|'toasts'|'tree'|'words'>} Needs */

/**
 * Where the pictures were and where they are now. What would change is counted as soon as both are known.
 * @param {Needs & {onClose: () => void}} props
 */
export function RelocateDialog(props) {
  const { api, libraryRoots, store, words, onClose } = props;
  const { t } = words;
  const { roots } = store.state;
  const [old, setOld] = useState((roots.find(({ online }) => !online) ?? roots[0])?.path ?? '');
  const [now, setNow] = useState('');
  const [isChoosing, setChoosing] = useState(false);
  const { found, problem } = useTrial(api, old, now);
  if (isChoosing) {
    const choose = (/** @type {string} */ path) => {
      setNow(path);
      setChoosing(false);
    };
    return html`<${MachineFolderDialog}
      ...${props}
      title=${t('relocate.new')}
      verb=${t('relocate.choose')}
      onChoose=${choose}
      onClose=${() => setChoosing(false)}
    />`;
  }
  const canRelocate = found !== null && isAnything(found);
  const submit = () => {
    if (!canRelocate) return;
    onClose();
    libraryRoots.relocate(old, now);
  };
  const dismiss = t('dialog.cancel');
  return html`<${Dialog}
    title=${t('relocate.title')}
    dismiss=${dismiss}
    onClose=${onClose}
    onSubmit=${submit}
  >
    <p class="dialog__text">${t('relocate.text')}</p>
    <${OldFolder} roots=${roots} label=${t('relocate.old')} path=${old} onChange=${setOld} />
    <div class="field">
      <span>${t('relocate.new')}</span>
      <button type="button" class="form__folder" title=${now} onClick=${() => setChoosing(true)}>
        <${Icon} name="folder" />
        <span>${now || t('roots.choose')}</span>
        ${now && html`<em>${t('organise.change')}</em>`}
      </button>
    </div>
    ${found && html`<p class="dialog__text" role="status">${trialText(found, words)}</p>`}
    ${problem && html`<p class="form__problem" role="alert">${problem}</p>`}
    <${DialogButtons}>
      <${Button} label=${dismiss} onClick=${onClose} />
      <${Button} label=${t('relocate.do')} kind="is-primary" submit=${true} disabled=${!canRelocate} />
    <//>
  <//>`;
}

/**
 * @param {{roots: import('../lib/types.mjs').Root[], label: string, path: string,
 *   onChange: (path: string) => void}} props
 */
function OldFolder({ roots, label, path, onChange }) {
  return html`<label class="field">
      <span>${label}</span>
      <input
        type="text"
        list="relocate-roots"
        autocomplete="off"
        spellcheck=${false}
        value=${path}
        onChange=${(/** @type {Event} */ event) => onChange(valueOf(event).trim())}
      />
    </label>
    <datalist id="relocate-roots">
      ${roots.map((root) => html`<option key=${root.path} value=${root.path}></option>`)}
    </datalist>`;
}

/**
 * What would change, once both folders are known.
 * @param {Parts['api']} api
 * @param {string} old
 * @param {string} now
 */
function useTrial(api, old, now) {
  const none = { found: /** @type {Relocated|null} */ (null), problem: '' };
  const [trial, setTrial] = useState(none);
  useEffect(() => {
    setTrial(none);
    if (!old || !now) return undefined;
    let isWanted = true;
    const refuse = (/** @type {unknown} */ error) => {
      if (!(error instanceof ApiError)) throw error;
      if (isWanted) setTrial({ found: null, problem: error.message });
    };
    api
      .relocate(old, now, true)
      .then((found) => isWanted && setTrial({ found, problem: '' }), refuse);
    return () => {
      isWanted = false;
    };
  }, [old, now]);
  return trial;
}

/** @param {Relocated} found */
function isAnything({ folders, files, kept, extra_paths: added }) {
  return folders + files + kept + added > 0;
}

/**
 * @param {Relocated} found
 * @param {Parts['words']} words
 */
function trialText(found, { t, formats }) {
  const number = (/** @type {number} */ count) => ({ count, number: formats.number(count) });
  if (!isAnything(found)) return t('relocate.none');
  const { files, folders, kept, merged } = found;
  const inFolders = { ...number(files), folders: t('summary.folders', number(folders)) };
  const texts = [t('relocate.files', inFolders)];
  if (merged) texts.push(t('relocate.merged', number(merged)));
  if (kept) texts.push(t('relocate.kept', number(kept)));
  return texts.join(' ');
}
