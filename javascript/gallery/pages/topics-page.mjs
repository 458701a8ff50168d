import { html } from '../vendor/preact/standalone.mjs';
import { hrefOf } from '../browser/address.mjs';
import { HOME } from '../lib/router.mjs';
import { Button } from '../ui/button.mjs';
import { Icon } from '../ui/icons.mjs';
import { Notice } from '../ui/notice.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Topic} Topic */
/** @typedef {{topics: Topic[]|null, isOld: boolean}} Found */

const COVERS = 4;
const WORDS = 4;

/**
 * Topics as cards; each leads to its pictures.
 * @param {Pick<Parts, 'api'|'plans'|'store'|'topics'|'words'> & {data: Found}} props
 */
export function TopicsPage({ api, data, plans, store, topics, words }) {
  const { t, formats } = words;
  const { readOnly, jobs } = store.state;
  const { problem } = topics;
  const isBusy = jobs.some(({ text }) => text === t('library.topics.finding'));
  const find = isBusy || readOnly ? null : () => topics.find();
  const found = data.topics ?? [];
  if (!found.length) {
    return html`<${Notice}
      icon="layers"
      title=${t(data.topics ? 'library.topics.none' : 'library.topics.empty')}
      text=${problem || t('library.topics.empty.text')}
      action=${t('library.topics.find')}
      onAction=${find}
    />`;
  }
  const organise = () => plans.askForLibrary();
  const organiseButton = html`<${Button}
    icon="folder-kanban"
    label=${t('action.organise')}
    onClick=${organise}
  />`;
  const again = t(data.isOld ? 'library.topics.again' : 'library.topics.find');
  const counted = { count: found.length, number: formats.number(found.length) };
  const failed = html`<p class="organise__told" role="alert">
    <${Icon} name="circle-alert" />${problem}
  </p>`;
  const card = (/** @type {Topic} */ topic) =>
    html`<li key=${topic.id}><${Card} api=${api} topic=${topic} words=${words} /></li>`;
  return html`<header class="page__head">
      <p>${t('library.topics.count', counted)}</p>
      ${!readOnly && organiseButton}
      ${find && html`<${Button} label=${again} onClick=${find} />`}
    </header>
    ${problem && failed}
    <ul class="cards">${found.map(card)}</ul>`;
}

/** @param {Pick<Parts, 'api'|'words'> & {topic: Topic}} props */
function Card({ api, topic, words: { t, formats } }) {
  const { id, keywords, paths, size, title } = topic;
  const covers = paths.slice(0, paths.length < COVERS ? 1 : COVERS);
  const files = t('summary.files', { count: size, number: formats.number(size) });
  const picture = (/** @type {string} */ path) =>
    html`<img key=${path} src=${api.thumbnail(path, 0, 256)} alt="" loading="lazy" decoding="async" />`;
  const href = hrefOf({ ...HOME, view: 'topics', topic: id });
  return html`<a class="card" href=${href} title=${keywords.join(', ')}>
    <span class="card__cover is-mosaic">${covers.map(picture)}</span>
    <span class="card__name">${title}</span>
    <span class="card__detail">${files} · ${keywords.slice(0, WORDS).join(', ')}</span>
  </a>`;
}
