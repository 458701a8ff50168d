import { html } from '../vendor/preact/standalone.mjs';
import { Button, IconButton } from '../ui/button.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Offer} Offer */

/**
 * The offer to import what another program knows. It lies over the pictures' edge and moves none of them.
 * @param {Pick<Parts, 'marksImport'|'store'|'toasts'|'words'>} props
 */
export function ImportOffer({ marksImport, store, toasts, words }) {
  const { t } = words;
  const { offer, view } = store.state;
  if (!offer || (view !== 'library' && view !== 'folders')) return null;
  const { path } = offer;
  const start = async () => {
    const refused = await marksImport.start(path);
    if (refused) toasts.show(refused);
  };
  const close = () => marksImport.rest();
  const decline = () => marksImport.answer(path);
  return html`<aside class="offer" aria-label=${t('import.title')}>
    <header>
      <h2>${t('import.title')}</h2>
      <${IconButton} icon="x" label=${t('import.later')} onClick=${close} />
    </header>
    <p>${t('import.text')} ${countsOf(offer, words)}</p>
    <p class="offer__path" title=${path}>${path}</p>
    <div class="offer__buttons">
      <${Button} label=${t('import.never')} kind="is-quiet" onClick=${decline} />
      <${Button} label=${t('import.bring')} kind="is-primary" onClick=${start} />
    </div>
  </aside>`;
}

/**
 * What an offer would import.
 * @param {Offer} offer
 * @param {Parts['words']} words
 */
export function countsOf({ tags, tagged, folders }, { t, formats }) {
  const number = (/** @type {number} */ count) => ({ count, number: formats.number(count) });
  return t('import.counts', {
    tags: t('import.tags', number(tags)),
    files: t('import.files', number(tagged)),
    folders: t('summary.folders', number(folders)),
  });
}
