import { html } from '../vendor/preact/standalone.mjs';
import { Button, IconButton } from '../ui/button.mjs';

/** @typedef {import('../lib/types.mjs').Offer} Offer */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

/**
 * The offer to bring over what another program knows. It lies over the pictures' edge and moves none of them.
 * @param {{gallery: Gallery}} props
 */
export function ImportOffer({ gallery }) {
  const {
    importing,
    words: { t, formats },
    state: { offer, view },
  } = gallery;
  if (!offer || (view !== 'library' && view !== 'folders')) return null;
  return html`<aside class="offer" aria-label=${t('import.title')}>
    <header><h2>${t('import.title')}</h2><${IconButton} icon="x" label=${t('import.later')} onClick=${() => importing.rest()} /></header>
    <p>${t('import.text')} ${countsOf(offer, t, formats)}</p>
    <p class="offer__path" title=${offer.path}>${offer.path}</p>
    <div class="offer__buttons">
      <${Button} label=${t('import.never')} kind="is-quiet" onClick=${() => importing.answer(offer.path)} />
      <${Button} label=${t('import.bring')} kind="is-primary" onClick=${async () => {
        const refused = await importing.start(offer.path);
        if (refused) gallery.toasts.tell(refused);
      }} />
    </div>
  </aside>`;
}

/**
 * What an offer would bring.
 * @param {Offer} offer
 * @param {import('../lib/i18n.mjs').Translate} t
 * @param {import('../lib/format.mjs').Formats} formats
 */
export function countsOf({ tags, tagged, folders }, t, formats) {
  const number = (/** @type {number} */ count) => ({ count, number: formats.number(count) });
  return t('import.counts', {
    tags: t('import.tags', number(tags)),
    files: t('import.files', number(tagged)),
    folders: t('summary.folders', number(folders)),
  });
}
