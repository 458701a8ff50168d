import { html } from '../vendor/preact/standalone.mjs';
import { hrefOf } from '../browser/address.mjs';
import { HOME } from '../lib/router.mjs';
import { Button } from '../ui/button.mjs';
import { valueOf } from '../ui/events.mjs';
import { Icon } from '../ui/icons.mjs';
import { Notice } from '../ui/notice.mjs';
import { DETAILS } from './topics.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Topic} Topic */
/** @typedef {import('../lib/types.mjs').Subject} Subject */
/** @typedef {{topics: Topic[]|null, isOld: boolean}} Found */
/** @typedef {Pick<Parts, 'api'|'words'>} CardNeeds */

const COVERS = 4;
const WORDS = 4;

/**
 * Topics as cards, or as sections with a card for each subject; each leads to its pictures.
 * @param {Pick<Parts, 'api'|'plans'|'store'|'topics'|'words'> & {data: Found}} props
 */
export function TopicsPage(props) {
  const { data, store, topics, words } = props;
  const { t } = words;
  const { readOnly, jobs } = store.state;
  const { problem } = topics;
  const isBusy = jobs.some(({ text }) => text === t('library.topics.finding'));
  const find = isBusy || readOnly ? null : () => topics.find();
  const found = data.topics ?? [];
  const isShown = found.length > 0;
  const nothing = html`<${Notice}
    icon="layers"
    title=${t(data.topics ? 'library.topics.none' : 'library.topics.empty')}
    text=${problem || t('library.topics.empty.text')}
    action=${t('library.topics.find')}
    onAction=${find}
  />`;
  const failed = html`<p class="organise__told" role="alert">
    <${Icon} name="circle-alert" />${problem}
  </p>`;
  // The same header in both cases, so that the slider keeps the focus while finer topics are found.
  return html`${(isShown || topics.detail > 0) && html`<${Head} ...${props} find=${isShown ? find : null} />`}
    ${isShown && problem && failed}
    ${isShown ? html`<${Topics} ...${props} found=${found} />` : nothing}`;
}

/** @param {Pick<Parts, 'plans'|'store'|'topics'|'words'> & {data: Found, find: (() => void)|null}} props */
function Head({ data, find, plans, store, topics, words }) {
  const { t, formats } = words;
  const count = data.topics?.length ?? 0;
  const organise = () => plans.askForLibrary();
  const organiseButton = html`<${Button}
    icon="folder-kanban"
    label=${t('action.organise')}
    onClick=${organise}
  />`;
  const again = t(data.isOld ? 'library.topics.again' : 'library.topics.find');
  return html`<header class="page__head">
    <p>${t('library.topics.count', { count, number: formats.number(count) })}</p>
    <${Detail} topics=${topics} words=${words} />
    <a class="button topics__graph" href=${hrefOf({ ...HOME, view: 'graph' })}>
      <${Icon} name="network" /><span>${t('view.graph')}</span>
    </a>
    ${!store.state.readOnly && organiseButton}
    ${find && html`<${Button} label=${again} onClick=${find} />`}
  </header>`;
}

/**
 * How fine topics are: from themes with subjects to pictures of nearly the same prompt.
 * @param {Pick<Parts, 'topics'|'words'>} props
 */
function Detail({ topics, words: { t } }) {
  const { detail } = topics;
  const change = (/** @type {Event} */ event) => topics.setDetail(Number(valueOf(event)));
  return html`<label class="topic-detail">
    <span>${t('library.topics.broad')}</span>
    <input
      type="range"
      class="range"
      min="0"
      max=${DETAILS.length - 1}
      step="1"
      value=${detail}
      aria-label=${t('library.topics.detail')}
      aria-valuetext=${detail ? t('library.topics.fine') : t('library.topics.broad')}
      onChange=${change}
    />
    <span>${t('library.topics.fine')}</span>
  </label>`;
}

/** @param {CardNeeds & {found: Topic[]}} props */
function Topics({ found, ...needs }) {
  const hasSubjects = (/** @type {Topic} */ { subjects }) => (subjects ?? []).length > 1;
  const card = (/** @type {Topic|Subject} */ topic) =>
    html`<li key=${topic.id}><${Card} ...${needs} topic=${topic} /></li>`;
  if (!found.some(hasSubjects)) return html`<ul class="cards">${found.map(card)}</ul>`;
  const section = (/** @type {Topic} */ topic) => html`<section key=${topic.id} class="topic">
    <${Heading} topic=${topic} words=${needs.words} />
    <ul class="cards topic__subjects">
      ${(hasSubjects(topic) ? topic.subjects : [topic]).map(card)}
    </ul>
  </section>`;
  return found.map(section);
}

/** @param {Pick<Parts, 'words'> & {topic: Topic}} props */
function Heading({ topic: { id, keywords, size, title }, words: { t, formats } }) {
  const files = t('summary.files', { count: size, number: formats.number(size) });
  return html`<h2>
      <a class="topic__name" href=${hrefOf({ ...HOME, view: 'topics', topic: id })}>${title}</a>
    </h2>
    <p class="topic__detail">${files} · ${keywords.slice(0, WORDS).join(', ')}</p>`;
}

/** @param {CardNeeds & {topic: Topic|Subject}} props */
function Card({ api, topic, words: { t, formats } }) {
  const { id, keywords, paths, size, title } = topic;
  const covers = paths.slice(0, paths.length < COVERS ? 1 : COVERS);
  const files = t('summary.files', { count: size, number: formats.number(size) });
  const picture = (/** @type {string} */ path) =>
    html`<img
      key=${path}
      data-path=${path}
      src=${api.thumbnail(path, 0, 256)}
      alt=""
      loading="lazy"
      decoding="async"
    />`;
  const href = hrefOf({ ...HOME, view: 'topics', topic: id });
  return html`<a class="card" href=${href} title=${keywords.join(', ')}>
    <span class="card__cover is-mosaic">${covers.map(picture)}</span>
    <span class="card__name">${title}</span>
    <span class="card__detail">${files} · ${keywords.slice(0, WORDS).join(', ')}</span>
  </a>`;
}
