import { html } from '../vendor/preact/standalone.mjs';
import { Icon } from './icons.mjs';
import { Heart, Stars } from './stars.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {import('../lib/types.mjs').Marks} Marks */

/**
 * @typedef {Object} MarksPartProps
 * @property {Translate} t
 * @property {number} rating
 * @property {boolean} liked
 * @property {Marks|null} marks
 * @property {boolean} readOnly
 * @property {(query: string) => string} searchOf
 * @property {(rating: number) => void} onRate
 * @property {() => void} onLike
 * @property {(tag: Marks['tags'][0]) => void} onUntag
 * @property {() => void} onTag
 * @property {() => void} onAlbum
 */

/**
 * Rating, tags and albums of a file.
 * @param {MarksPartProps} props
 */
export function MarksPart(props) {
  const { t, rating, liked, marks, readOnly, searchOf, onRate, onLike } = props;
  const tags = (marks?.tags ?? []).filter((tag) => tag.name !== 'like');
  const row = html`<div class="marks__row">
    <${Stars} t=${t} rating=${rating} onRate=${onRate} />
    <${Heart} label=${t('action.like')} liked=${liked} onLike=${onLike} />
  </div>`;
  const album = (/** @type {Marks['albums'][0]} */ { id, name }) => html`<li key=${`album ${id}`}>
    <a class="chip" href=${searchOf(`album:"${unquoted(name)}"`)}><${Icon} name="album" />${name}</a>
  </li>`;
  return html`<section class="info__part marks" aria-label=${t('marks.label')}>
    ${!readOnly && row}
    <ul class="chips">
      ${tags.map((tag) => html`<${Tag} key=${tag.id} ...${props} tag=${tag} />`)}
      ${(marks?.albums ?? []).map(album)}
      ${!readOnly && html`<${Adding} ...${props} />`}
    </ul>
  </section>`;
}

/** @param {MarksPartProps & {tag: Marks['tags'][0]}} props */
function Tag({ t, readOnly, searchOf, onUntag, tag }) {
  const title = t('marks.untag', { name: tag.name });
  const button = html`<button type="button" title=${title} aria-label=${title} onClick=${() => onUntag(tag)}>
    <${Icon} name="x" />
  </button>`;
  const dot = tag.color && html`<i style=${{ background: tag.color }}></i>`;
  return html`<li class="chip has-button">
    <a href=${searchOf(`tag:"${unquoted(tag.name)}"`)}>${dot}${tag.name}</a>
    ${!readOnly && button}
  </li>`;
}

/** @param {MarksPartProps} props */
function Adding({ t, onTag, onAlbum }) {
  const button = (
    /** @type {string} */ icon,
    /** @type {string} */ text,
    /** @type {() => void} */ run,
  ) =>
    html`<li>
      <button type="button" class="chip is-button" onClick=${run}><${Icon} name=${icon} />${text}</button>
    </li>`;
  return html`${button('tag', t('action.tag'), onTag)}${button('album', t('action.album'), onAlbum)}`;
}

/** @param {string} name */
function unquoted(name) {
  return name.replaceAll('"', '');
}
