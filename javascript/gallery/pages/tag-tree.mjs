import { html, useState } from '../vendor/preact/standalone.mjs';
import { searchHref } from '../browser/address.mjs';
import { readPref, writePref } from '../browser/prefs.mjs';
import { fieldTerm } from '../lib/query.mjs';
import { treeOf } from '../lib/tag-tree.mjs';
import { Icon } from '../ui/icons.mjs';
import { WithMenu } from '../ui/with-menu.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/tag-tree.mjs').Branch} Branch */
/** @typedef {import('../lib/tag-tree.mjs').TagNode} TagNode */
/** @typedef {Pick<Parts, 'store'|'tagActions'|'words'>} Needs */
/** @typedef {Needs & {nodes: TagNode[], closed: string[], onToggle: (name: string) => void}} Props */

/** The names whose tags below are not shown. */
const CLOSED = 'closedTags';
/** @type {(value: unknown) => value is string[]} */
const areNames = (value) => Array.isArray(value) && value.every((name) => typeof name === 'string');

/**
 * The user's tags as a tree; each leads to its pictures and those of the tags below it.
 * @param {Needs & {nodes: TagNode[], shown: TagNode[]}} props  ``shown``: those that the filter leaves
 */
export function TagTree({ shown, ...props }) {
  const [closed, setClosed] = useState(readPref(CLOSED, /** @type {string[]} */ ([]), areNames));
  const toggle = (/** @type {string} */ name) => {
    const next = closed.includes(name)
      ? closed.filter((other) => other !== name)
      : [...closed, name];
    writePref(CLOSED, next);
    setClosed(next);
  };
  const tree = treeOf(shown);
  const isParent = (/** @type {Branch} */ { children }) => children.length > 0;
  const row = (/** @type {Branch} */ branch) =>
    html`<${Row} key=${branch.name} ...${props} closed=${closed} onToggle=${toggle} branch=${branch} />`;
  return html`<ul class="names">${tree.filter((one) => !isParent(one)).map(row)}</ul>
    <ul class="tag-tree">${tree.filter(isParent).map(row)}</ul>`;
}

/** @param {Props & {branch: Branch}} props */
function Row({ branch, ...props }) {
  const { closed, nodes, onToggle, store, tagActions, words } = props;
  const { t, formats } = words;
  const { children, color, id, label, name, total } = branch;
  const isOpen = !closed.includes(name);
  const toggle = html`<button
    type="button"
    class="icon-button"
    aria-label=${t(isOpen ? 'tag.fold' : 'tag.unfold', { name })}
    aria-expanded=${isOpen}
    onClick=${() => onToggle(name)}
  >
    <${Icon} name=${isOpen ? 'chevron-down' : 'chevron-right'} />
  </button>`;
  const target = id !== null && { 'data-tag': id, 'data-name': name, 'data-color': color };
  const row = (/** @type {Branch} */ one) =>
    html`<${Row} key=${one.name} ...${props} branch=${one} />`;
  const leaves = children.filter((one) => !one.children.length);
  const below = html`<ul class="names">${leaves.map(row)}</ul>
    <ul class="tag-tree">${children.filter((one) => one.children.length).map(row)}</ul>`;
  return html`<${WithMenu}
    label=${t('manage.menu', { name })}
    title=${name}
    groups=${store.state.readOnly ? [] : groupsOf(t, id !== null)}
    kind=${`is-managed ${children.length ? 'is-parent' : ''}`}
    below=${children.length > 0 && isOpen && below}
    before=${children.length > 0 && toggle}
    onChoose=${(/** @type {string} */ action) => choose(tagActions, branch, nodes, action)}
  >
    <a class="name" href=${searchHref(fieldTerm('tag', name))} title=${name} ...${target}>
      ${color && html`<span class="name__dot" style=${{ background: color }}></span>`}
      <span class="name__text">${label}</span>
      <span class="name__count">${formats.number(total)}</span>
    </a>
  <//>`;
}

/**
 * @param {Parts['words']['t']} t
 * @param {boolean} isTag  false: a name that has only tags below it
 */
function groupsOf(t, isTag) {
  const rename = { id: 'rename', icon: 'pencil', label: t('action.rename') };
  if (!isTag) return [[rename]];
  return [
    [
      rename,
      { id: 'colour', icon: 'palette', label: t('tag.colour') },
      { id: 'merge', icon: 'merge', label: t('tag.merge') },
    ],
    [{ id: 'remove', icon: 'trash-2', label: t('tag.delete'), kind: 'is-danger' }],
  ];
}

/**
 * @param {Parts['tagActions']} tagActions
 * @param {Branch} branch
 * @param {TagNode[]} nodes
 * @param {string} action
 */
function choose(tagActions, branch, nodes, action) {
  if (action === 'rename' || branch.id === null) {
    tagActions.askForName(branch, nodes);
    return;
  }
  const tag = { id: branch.id, name: branch.name, color: branch.color, count: branch.count };
  /** @type {Record<string, () => void>} */
  const does = {
    colour: () => tagActions.askForColour(tag),
    merge: () => tagActions.askToMerge(tag),
    remove: () => tagActions.askToDelete(tag),
  };
  does[action]();
}
