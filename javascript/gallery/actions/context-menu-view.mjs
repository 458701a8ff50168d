import { html } from '../vendor/preact/standalone.mjs';
import { bound } from '../lib/keys.mjs';
import { has } from '../lib/selection.mjs';
import { stackedText } from '../lib/stacks.mjs';
import { keyOf } from '../ui/key-words.mjs';
import { Menu } from '../ui/menu.mjs';
import { Stars } from '../ui/stars.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/commands.mjs').Command} Command */
/** @typedef {import('../lib/commands.mjs').Group} Group */
/** @typedef {import('../ui/menu.mjs').MenuItem} MenuItem */
/** @typedef {import('./subject.mjs').Subject} Subject */
/** @typedef {(id: string, icon: string, label: string) => MenuItem} MakeItem */

/** @type {Group[]} */
const GROUPS = ['look', 'same', 'mark', 'file', 'copy', 'away'];
const SEND = 'send ';

/**
 * @typedef {Pick<Parts, 'commands'|'contextMenu'|'display'|'marks'|'store'|'words'>} Needs
 * @typedef {Needs & {act: (action: string) => void}} Props
 */

/**
 * The menu that is open.
 * @param {Props} props
 */
export function ContextMenuView({ act, commands, contextMenu, display, marks, store, words }) {
  const { menu } = store.state;
  if (!menu) return null;
  const { t } = words;
  const { subject } = menu;
  const fitting = commands.fitting(subject);
  /** @param {string} id */
  const choose = (id) => {
    contextMenu.close();
    if (id.startsWith(SEND)) commands.send(subject, id.slice(SEND.length));
    else if (fitting.some((command) => command.name === id)) commands.run(id, subject);
    else act(id);
  };
  const rate = (/** @type {number} */ stars) => {
    contextMenu.close();
    marks.rate(subject, stars);
  };
  const { folders, readOnly } = subject.extent;
  const rating = subject.first ? marks.of(subject.first).rating : 0;
  const head =
    !folders &&
    !readOnly &&
    html`<${Stars} t=${t} rating=${rating} inMenu=${true} onRate=${rate} />`;
  return html`<${Menu}
    label=${t('action.more')}
    title=${titleOf(subject, words)}
    x=${menu.x}
    y=${menu.y}
    groups=${groupsOf(subject, fitting, { commands, display, store, words })}
    head=${head}
    onChoose=${choose}
    onClose=${() => contextMenu.close()}
  />`;
}

/**
 * @param {Subject} subject
 * @param {Parts['words']} words
 */
function titleOf(subject, words) {
  if (subject.stacks) return stackedText(subject, words);
  const { first, count } = subject;
  const { t, formats } = words;
  return first && count === 1
    ? first.name
    : t('selection.count', { count, number: formats.number(count) });
}

/**
 * @param {Subject} subject
 * @param {Command[]} fitting
 * @param {Pick<Parts, 'commands'|'display'|'store'|'words'>} parts
 */
function groupsOf(subject, fitting, { commands, display, store, words: { t } }) {
  const { ownKeys, selection, viewing } = store.state;
  const keys = bound(ownKeys);
  /** @type {MakeItem} */
  const item = (id, icon, label) => ({ id, icon, label: t(label), hint: keyOf(keys, id, t) });
  const itemOf = (/** @type {Command} */ { name, icon, label, group }) => ({
    ...item(name, icon, label),
    kind: group === 'away' ? 'is-danger' : '',
  });
  /** @type {MenuItem[][]} */
  const groups = GROUPS.map((group) =>
    fitting.filter((command) => command.group === group).map(itemOf),
  );
  const { first } = subject;
  if (viewing) groups.splice(1, 0, viewerItems(item, display, store));
  else if (first) {
    const select = has(selection, first.path) ? 'action.unselect' : 'keys.select';
    groups[0].unshift(item('open', 'image', 'keys.open'), item('select', 'square-check', select));
  }
  if (subject.count === 1) {
    const targets = commands
      .targets()
      .map(({ id, label }) => ({ id: SEND + id, icon: 'send', label }));
    if (commands.canGenerate) targets.unshift(item('generate', 'play', 'action.generate'));
    groups.splice(1, 0, targets);
  }
  return groups;
}

/**
 * What can be done with the picture in view, for those who have neither keys nor room for buttons.
 * @param {MakeItem} item
 * @param {Parts['display']} display
 * @param {Parts['store']} store
 */
function viewerItems(item, { currentItem }, { state }) {
  const items = [
    item('rotateRight', 'rotate-cw', 'viewer.rotate'),
    item('slideshow', state.playing ? 'pause' : 'play', 'viewer.slideshow'),
    item('filmstrip', 'gallery-thumbnails', 'viewer.filmstrip'),
    item('compareOther', 'columns-2', 'viewer.compare'),
    item('pin', 'pin', 'info.pin'),
  ];
  if (state.readOnly) return items;
  items.push(
    state.goOn ? item('goOn', 'pause', 'viewer.stay') : item('goOn', 'star', 'viewer.goOn'),
  );
  if (currentItem?.kind === 'video') items.push(item('cover', 'camera', 'viewer.cover'));
  return items;
}
