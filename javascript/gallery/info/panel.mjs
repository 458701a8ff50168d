import { html, useEffect, useMemo } from '../vendor/preact/standalone.mjs';
import { needlesOf } from '../lib/needles.mjs';
import { HOME } from '../lib/router.mjs';
import { saveText } from '../browser/clipboard.mjs';
import { InfoPanel } from '../ui/info-panel.mjs';
import { MarksPart } from '../ui/marks.mjs';
import { hrefOf } from '../browser/address.mjs';
import { Subject } from '../actions/subject.mjs';

/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

/**
 * The info beside the pictures.
 * @param {{gallery: Gallery}} props
 */
export function Panel({ gallery }) {
  const {
    state,
    info,
    words: { t, formats },
  } = gallery;
  const needles = useMemo(() => needlesOf(state.query), [state.query]);
  const item = gallery.currentItem;
  const searchOf = (/** @type {string} */ query) => hrefOf({ ...HOME, view: 'library', query });
  return html`<${InfoPanel} t=${t} formats=${formats} item=${item} info=${state.info} problem=${state.infoFailed ? t('info.problem') : ''}
    pixels=${gallery.viewing.pixels()} needles=${needles} pinned=${info.reference}
    searchOf=${searchOf} marks=${item && html`<${ItemMarks} gallery=${gallery} item=${item} searchOf=${searchOf} />`}
    copy=${(/** @type {string} */ text) => gallery.commanding.copy(text)}
    saveJson=${(/** @type {string} */ name, /** @type {string} */ text) => saveText(name, text, 'application/json')}
    loadExif=${gallery.api.exif} onEdit=${state.readOnly ? null : (/** @type {import('../lib/types.mjs').Item} */ item) => info.edit(item)}
    onPin=${() => info.pin()} onClose=${() => info.toggle()} />`;
}

/**
 * @param {{gallery: Gallery, item: import('../lib/types.mjs').Item, searchOf: (query: string) => string}} props
 */
function ItemMarks({ gallery, item, searchOf }) {
  const {
    marking,
    commanding,
    state,
    words: { t },
  } = gallery;
  const subject = new Subject(gallery, [item]);
  useEffect(() => {
    marking.want([item]);
  }, [item.path]);
  return html`<${MarksPart} t=${t} ...${marking.of(item)} marks=${marking.find(item.path)} readOnly=${state.readOnly} searchOf=${searchOf}
    onRate=${(/** @type {number} */ rating) => marking.rate(subject, rating)} onLike=${() => marking.like(subject)}
    onUntag=${(/** @type {import('../lib/types.mjs').Marks['tags'][0]} */ tag) => marking.tag(subject, tag, 'remove')}
    onTag=${() => commanding.run('tag', subject)} onAlbum=${() => commanding.run('album', subject)} />`;
}
