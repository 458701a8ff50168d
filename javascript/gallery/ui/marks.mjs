import { html } from '../vendor/preact/standalone.mjs';
import { Icon } from './icons.mjs';
import { Heart, Stars } from './stars.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {import('../lib/types.mjs').Marks} Marks */

/**
 * Stars, tags and albums of a file.
 * @param {{t: Translate, rating: number, liked: boolean, marks: Marks|null, readOnly: boolean, searchOf: (query: string) => string, onRate: (rating: number) => void,
 * onLike: () => void, onUntag: (tag: Marks['tags'][0]) => void, onTag: () => void, onAlbum: () =>
 * void}} props
 */
export function MarksPart({
  t,
  rating,
  liked,
  marks,
  readOnly,
  searchOf,
  onRate,
  onLike,
  onUntag,
  onTag,
  onAlbum,
}) {
  const tags = (marks?.tags ?? []).filter((tag) => tag.name !== 'like');
  return html`<section class="info__part marks" aria-label=${t('marks.label')}>
    ${!readOnly && html`<div class="marks__row"><${Stars} t=${t} rating=${rating} onRate=${onRate} /><${Heart} label=${t('action.like')} liked=${liked} onLike=${onLike} /></div>`}
    <ul class="chips">
      ${tags.map(
        (tag) => html`<li key=${tag.id} class="chip has-button">
        <a href=${searchOf(`tag:"${tag.name.replaceAll('"', '')}"`)}>${tag.color && html`<i style=${{ background: tag.color }}></i>`}${tag.name}</a>
        ${
          !readOnly &&
          html`<button type="button" title=${t('marks.untag', { name: tag.name })} aria-label=${t('marks.untag', { name: tag.name })}
          onClick=${() => onUntag(tag)}><${Icon} name="x" /></button>`
        }
      </li>`,
      )}
      ${(marks?.albums ?? []).map(
        (
          album,
        ) => html`<li key=${`album ${album.id}`}><a class="chip" href=${searchOf(`album:"${album.name.replaceAll('"', '')}"`)}>
        <${Icon} name="album" />${album.name}</a></li>`,
      )}
      ${
        !readOnly &&
        html`<li><button type="button" class="chip is-button" onClick=${onTag}><${Icon} name="tag" />${t('action.tag')}</button></li>
        <li><button type="button" class="chip is-button" onClick=${onAlbum}><${Icon} name="album" />${t('action.album')}</button></li>`
      }
    </ul>
  </section>`;
}
