import { html, useEffect, useRef, useState } from '../vendor/preact/standalone.mjs';
import { baseName } from '../lib/paths.mjs';
import { Button } from '../ui/button.mjs';
import { Dialog } from '../ui/dialog.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {{group_id: number, paths: string[]}} Apart */

/**
 * What the user said are no duplicates, and a way to take that back.
 * @param {Pick<Parts, 'api'|'toasts'|'words'> & {onClose: () => void}} props
 */
export function ApartDialog({ api, toasts, words: { t }, onClose }) {
  const list = useRef(/** @type {HTMLElement|null} */ (null));
  const [groups, setGroups] = useState(/** @type {Apart[]|null} */ (null));
  useEffect(() => {
    api.notDuplicates().then(
      (answer) => setGroups(answer.groups),
      (error) => toasts.fail(error),
    );
  }, []);
  const forget = async (/** @type {number} */ id) => {
    try {
      await api.removeNotDuplicates(id);
      setGroups((groups ?? []).filter((group) => group.group_id !== id));
      list.current?.focus(); // the button that had the focus is gone
    } catch (error) {
      toasts.fail(error);
    }
  };
  const row = (/** @type {Apart} */ { group_id: id, paths }) => html`<li key=${id}>
    <span title=${paths.join('\n')}>${paths.map(baseName).join(', ')}</span>
    <${Button} label=${t('duplicates.apart.forget')} onClick=${() => forget(id)} />
  </li>`;
  const title = t('duplicates.apart.title');
  return html`<${Dialog} title=${title} dismiss=${t('dialog.cancel')} onClose=${onClose}>
    <p class="dialog__text">${t(groups?.length === 0 ? 'duplicates.apart.none' : 'duplicates.apart.text')}</p>
    <ul ref=${list} class="duplicates__apart" tabindex="-1">${(groups ?? []).map(row)}</ul>
  <//>`;
}
