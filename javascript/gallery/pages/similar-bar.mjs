import { html } from '../vendor/preact/standalone.mjs';
import { Icon } from '../ui/icons.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').By} By */

/** @type {By[]} */
const WAYS = ['prompt', 'look', 'content'];
/** Words have no look. @type {('prompt'|'content')[]} */
const WAYS_OF_WORDS = ['prompt', 'content'];

/**
 * Above files by similarity: to what, in which way, and how much was compared.
 * @param {Pick<Parts, 'api'|'similar'|'store'|'words'>} props
 */
export function SimilarBar({ api, similar, store, words: { t, formats } }) {
  const { by, like, phase, query } = store.state;
  const { answer } = similar;
  const choose = (/** @type {By} */ one) => {
    if (like !== null) similar.go(like, one);
    else if (one !== 'look') similar.compareBy(one);
  };
  const way = (/** @type {By} */ one) => html`<button
    key=${one}
    type="button"
    class="toggle"
    aria-pressed=${one === by}
    title=${t(`similar.by.${one}.title`)}
    onClick=${() => one !== by && choose(one)}
  >
    ${t(`similar.by.${one}`)}
  </button>`;
  const ways = html`<div class="similar-bar__ways" role="group" aria-label=${t('similar.by')}>
    ${(like === null ? WAYS_OF_WORDS : WAYS).map(way)}
  </div>`;
  const picture = html`<img
    class="similar-bar__picture"
    data-path=${like}
    src=${like === null ? similar.pictureUrl : api.thumbnail(like, 0, 256)}
    alt=""
  />`;
  return html`<div class="similar-bar">
    ${like === null && !similar.isPicture ? html`<${Icon} name="sparkles" />` : picture}
    ${(like !== null || query) && ways}
    <p class="similar-bar__state" aria-live="polite">
      ${phase === 'ready' && answer && stateOf(answer, by, { t, formats })}
    </p>
  </div>`;
}

/**
 * @param {import('../api/meaning.mjs').NearestAnswer} answer
 * @param {By} by
 * @param {Parts['words']} words
 */
function stateOf({ complete, count, model }, by, { t, formats }) {
  const counted = { count, number: formats.number(count) };
  const texts = [t(by === 'prompt' ? 'similar.prompts' : 'similar.files', counted)];
  if (by !== 'look' && model) texts.push(model === 'local' ? t('similar.local') : model);
  if (!complete) texts.push(t(by === 'prompt' ? 'similar.notRead' : 'similar.notLooked'));
  return texts.join(' · ');
}
