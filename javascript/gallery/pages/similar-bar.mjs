import { html } from '../vendor/preact/standalone.mjs';
import { Icon } from '../ui/icons.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').By} By */

/** @type {By[]} */
const WAYS = ['prompt', 'look'];

/**
 * Above files by similarity: to what, in which way, and how much was compared.
 * @param {Pick<Parts, 'api'|'similar'|'store'|'words'>} props
 */
export function SimilarBar({ api, similar, store, words: { t, formats } }) {
  const { by, like, phase } = store.state;
  const { answer } = similar;
  const way = (/** @type {By} */ one) => html`<button
    key=${one}
    type="button"
    class="toggle"
    aria-pressed=${one === by}
    title=${t(`similar.by.${one}.title`)}
    onClick=${() => like !== null && one !== by && similar.go(like, one)}
  >
    ${t(`similar.by.${one}`)}
  </button>`;
  const ways = html`<div class="similar-bar__ways" role="group" aria-label=${t('similar.by')}>
    ${WAYS.map(way)}
  </div>`;
  const picture = html`<img
    class="similar-bar__picture"
    data-path=${like}
    src=${like && api.thumbnail(like, 0, 256)}
    alt=""
  />`;
  return html`<div class="similar-bar">
    ${like === null ? html`<${Icon} name="sparkles" />` : picture}
    ${like !== null && ways}
    <p class="similar-bar__state" aria-live="polite">
      ${phase === 'ready' && answer && stateOf(answer, by === 'look' && like !== null, { t, formats })}
    </p>
  </div>`;
}

/**
 * @param {import('../api/meaning.mjs').NearestAnswer} answer
 * @param {boolean} isLook
 * @param {Parts['words']} words
 */
function stateOf({ complete, count, model }, isLook, { t, formats }) {
  const counted = { count, number: formats.number(count) };
  const texts = [t(isLook ? 'similar.files' : 'similar.prompts', counted)];
  if (!isLook && model) texts.push(model === 'local' ? t('similar.local') : model);
  if (!complete) texts.push(t(isLook ? 'similar.notLooked' : 'similar.notRead'));
  return texts.join(' · ');
}
