import { ApiError } from '../api.mjs';
import { MISSING_SEEN } from './index-status.mjs';
import { writePref } from '../browser/prefs.mjs';

/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

/**
 * Tells which of the missing files are certainly gone, and offers to forget these.
 * @param {Gallery} gallery
 */
export async function review(gallery) {
  const { t } = gallery.words;
  writePref(MISSING_SEEN, gallery.state.missing);
  gallery.set({ missing: 0 });
  try {
    gallery.toasts.begin(t('missing.looking'));
    const found = await gallery.api.forgetMissing({ dry_run: true });
    gallery.toasts.clear();
    const away = told(gallery, 'missing.away', found.unreachable);
    if (!found.count) {
      gallery.toasts.tell(away || t('missing.none'));
      return;
    }
    const text = [
      told(gallery, 'missing.gone', found.count),
      told(gallery, 'missing.marked', found.marked),
      away,
    ]
      .filter(Boolean)
      .join(' ');
    const run = () => forget(gallery, found.count);
    gallery.set({
      dialog: { kind: 'sure', title: t('missing.title'), text, action: t('missing.forget'), run },
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    gallery.acting.fail(error);
  }
}

/**
 * @param {Gallery} gallery
 * @param {number} count  how many were told of; where it is another number by now nothing is forgotten
 */
async function forget(gallery, count) {
  const ask = (/** @type {boolean} */ background) =>
    gallery.api.forgetMissing({ dry_run: false, expected_count: count, background });
  try {
    const done = await gallery.jobs.run(count, gallery.words.t('missing.forgetting'), ask);
    if (done) gallery.toasts.tell(told(gallery, 'missing.forgotten', done.count));
    await gallery.indexing.countMissing();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    gallery.acting.fail(error);
  }
}

/**
 * A sentence about so many files; nothing about none.
 * @param {Gallery} gallery
 * @param {string} key
 * @param {number} count
 */
function told({ words }, key, count) {
  return count ? words.t(key, { count, number: words.formats.number(count) }) : '';
}
