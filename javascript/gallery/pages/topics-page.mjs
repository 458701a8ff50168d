import { html } from '../vendor/preact/standalone.mjs';
import { HOME } from '../lib/router.mjs';
import { Button } from '../ui/button.mjs';
import { Icon } from '../ui/icons.mjs';
import { Notice } from '../ui/notice.mjs';
import { hrefOf } from '../browser/address.mjs';

/** @typedef {import('../lib/types.mjs').Topic} Topic */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

const COVERS = 4;
const WORDS = 4;

/**
 * Topics as cards; each leads to its pictures.
 * @param {{gallery: Gallery, data: {topics: Topic[]|null, isOld: boolean}}} props
 */
export function TopicsView({ gallery, data }) {
  const { t, formats } = gallery.words;
  const { readOnly, jobs } = gallery.state;
  const { problem } = gallery.topics;
  const isBusy = jobs.some(({ text }) => text === t('library.topics.finding'));
  const find = isBusy || readOnly ? null : () => gallery.topics.find();
  const organise = readOnly ? null : () => gallery.organising.askForLibrary();
  if (!data.topics?.length) {
    return html`<${Notice} icon="layers" title=${t(data.topics ? 'library.topics.none' : 'library.topics.empty')} text=${problem || t('library.topics.empty.text')}
      action=${t('library.topics.find')} onAction=${find} />`;
  }
  return html`<header class="page__head"><p>${t('library.topics.count', { count: data.topics.length, number: formats.number(data.topics.length) })}</p>
      ${organise && html`<${Button} icon="folder-kanban" label=${t('action.organise')} onClick=${organise} />`}
      ${find && html`<${Button} label=${t(data.isOld ? 'library.topics.again' : 'library.topics.find')} onClick=${find} />`}</header>
    ${problem && html`<p class="organise__told" role="alert"><${Icon} name="circle-alert" />${problem}</p>`}
    <ul class="cards">${data.topics.map(
      (
        topic,
      ) => html`<li key=${topic.id}><a class="card" href=${hrefOf({ ...HOME, view: 'topics', topic: topic.id })}
      title=${topic.keywords.join(', ')}>
      <span class="card__cover is-mosaic">${topic.paths
        .slice(0, topic.paths.length < COVERS ? 1 : COVERS)
        .map(
          (path) => html`<img key=${path}
        src=${gallery.api.thumbnail(path, 0, 256)} alt="" loading="lazy" decoding="async" />`,
        )}</span>
      <span class="card__name">${topic.title}</span>
      <span class="card__detail">${t('summary.files', { count: topic.size, number: formats.number(topic.size) })} · ${topic.keywords.slice(0, WORDS).join(', ')}</span>
    </a></li>`,
    )}</ul>`;
}
