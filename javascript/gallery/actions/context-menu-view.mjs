import { html } from '../vendor/preact/standalone.mjs';
import { bound } from '../lib/keys.mjs';
import { has } from '../lib/selection.mjs';
import { keyOf } from '../ui/key-words.mjs';
import { Menu } from '../ui/menu.mjs';
import { Stars } from '../ui/stars.mjs';

/** @typedef {import('../lib/commands.mjs').Group} Group */
/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */
/** @typedef {import('../ui/menu.mjs').MenuItem} MenuItem */

/** @type {Group[]} */
const GROUPS = ['look', 'mark', 'file', 'copy', 'away'];
const SEND = 'send ';

/**
 * The menu that is open.
 * @param {{gallery: Gallery, act: (action: string) => void}} props
 */
export function OpenMenu({ gallery, act }) {
  const { menu, ownKeys, selection, viewing } = gallery.state;
  if (!menu) return null;
  const {
    commanding,
    menus,
    words: { t, formats },
  } = gallery;
  const { subject } = menu;
  const commands = commanding.fitting(subject);
  const keys = bound(ownKeys);
  /** @type {(name: string, icon: string, label: string) => MenuItem} */
  const own = (id, icon, label) => ({ id, icon, label: t(label), hint: keyOf(keys, id, t) });
  /** @type {MenuItem[][]} */
  const groups = GROUPS.map((group) =>
    commands
      .filter((command) => command.group === group)
      .map(({ name, icon, label }) => ({
        ...own(name, icon, label),
        kind: group === 'away' ? 'is-danger' : '',
      })),
  );
  const { first } = subject;
  if (viewing)
    groups.splice(
      1,
      0,
      inViewer(gallery).map(([id, icon, label]) => own(id, icon, label)),
    );
  else if (first) {
    groups[0].unshift(
      own('open', 'image', 'keys.open'),
      own('select', 'square-check', has(selection, first.path) ? 'action.unselect' : 'keys.select'),
    );
  }
  if (subject.count === 1)
    groups.splice(
      1,
      0,
      commanding.targets().map(({ id, label }) => ({ id: SEND + id, icon: 'send', label })),
    );
  const title =
    first && subject.count === 1
      ? first.name
      : t('selection.count', { count: subject.count, number: formats.number(subject.count) });
  /** @param {string} id */
  const choose = (id) => {
    menus.close();
    if (id.startsWith(SEND)) commanding.send(subject, id.slice(SEND.length));
    else if (commands.some((command) => command.name === id)) commanding.run(id, subject);
    else act(id);
  };
  const { folders, readOnly } = subject.extent;
  const rating = first ? gallery.marking.of(first).rating : 0;
  const head =
    !folders &&
    !readOnly &&
    html`<${Stars} t=${t} rating=${rating} inMenu=${true} onRate=${(/** @type {number} */ stars) => {
      menus.close();
      gallery.marking.rate(subject, stars);
    }} />`;
  return html`<${Menu} label=${t('action.more')} title=${title} x=${menu.x} y=${menu.y} groups=${groups} head=${head}
    onChoose=${choose} onClose=${() => menus.close()} />`;
}

/**
 * What can be done with the picture in view, for those who have neither keys nor room for buttons.
 * @param {Gallery} gallery
 * @returns {[string, string, string][]}
 */
function inViewer({ currentItem, state }) {
  /** @type {[string, string, string][]} */
  const rows = [
    ['rotateRight', 'rotate-cw', 'viewer.rotate'],
    ['slideshow', state.playing ? 'pause' : 'play', 'viewer.slideshow'],
    ['filmstrip', 'gallery-thumbnails', 'viewer.filmstrip'],
    ['compareOther', 'columns-2', 'viewer.compare'],
    ['pin', 'pin', 'info.pin'],
  ];
  if (!state.readOnly)
    rows.push(state.goOn ? ['goOn', 'pause', 'viewer.stay'] : ['goOn', 'star', 'viewer.goOn']);
  if (currentItem?.kind === 'video' && !state.readOnly) rows.push(['cover', 'camera', 'viewer.cover']);
  return rows;
}
