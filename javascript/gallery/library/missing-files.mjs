import { writePref } from '../browser/prefs.mjs';
import { MISSING_SEEN } from './index-status.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {Pick<Parts, 'api'|'indexStatus'|'jobs'|'store'|'toasts'|'words'>} Needs */

/**
 * Says which of the missing files are certainly gone, and offers to forget these.
 * @param {Needs} parts
 */
export async function review(parts) {
  const { api, store, toasts, words } = parts;
  const { t } = words;
  writePref(MISSING_SEEN, store.state.missing);
  store.set({ missing: 0 });
  try {
    toasts.begin(t('missing.looking'));
    const found = await api.forgetMissing({ dry_run: true });
    toasts.clear();
    const away = sentence(words, 'missing.away', found.unreachable);
    if (!found.count) {
      toasts.show(away || t('missing.none'));
      return;
    }
    const gone = sentence(words, 'missing.gone', found.count);
    const marked = sentence(words, 'missing.marked', found.marked);
    const text = [gone, marked, away].filter(Boolean).join(' ');
    const run = () => forget(parts, found.count);
    store.set({
      dialog: { kind: 'sure', title: t('missing.title'), text, action: t('missing.forget'), run },
    });
  } catch (error) {
    toasts.fail(error);
  }
}

/**
 * @param {Needs} parts
 * @param {number} count  what the user was shown; where it is another number by now nothing is forgotten
 */
async function forget({ api, indexStatus, jobs, toasts, words }, count) {
  const ask = (/** @type {boolean} */ background) =>
    api.forgetMissing({ dry_run: false, expected_count: count, background });
  try {
    const done = await jobs.run(count, words.t('missing.forgetting'), ask);
    if (done) toasts.show(sentence(words, 'missing.forgotten', done.count));
    await indexStatus.countMissing();
  } catch (error) {
    toasts.fail(error);
  }
}

/**
 * A sentence about a number of files; '' about none.
 * @param {Parts['words']} words
 * @param {string} key
 * @param {number} count
 */
function sentence({ t, formats }, key, count) {
  return count ? t(key, { count, number: formats.number(count) }) : '';
}
