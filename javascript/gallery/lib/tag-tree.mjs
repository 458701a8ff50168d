import { nameKey } from './sort.mjs';

/**
 * A tag of the user's, or a name above some (``id`` null). ``total``: files with it or one below it.
 * @typedef {{id: number|null, name: string, color: string, count: number, total: number}} TagNode
 *
 * The same in its place: ``label`` is the last part of its name.
 * @typedef {TagNode & {label: string, children: Branch[]}} Branch
 */

const SEPARATOR = '/';

/**
 * The tags that are below no other, each with those below it, by name.
 * @param {TagNode[]} nodes
 * @returns {Branch[]}
 */
export function treeOf(nodes) {
  /** @type {Branch[]} */
  const top = [];
  /** @type {Branch[]} */
  const above = [];
  const sorted = nodes
    .map((node) => ({ node, key: nameKey(node.name.replaceAll(SEPARATOR, '\u0000')) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const { node } of sorted) {
    while (above.length && !isBelow(node.name, above[above.length - 1].name)) above.pop();
    const parent = above[above.length - 1];
    const label = parent ? node.name.slice(parent.name.length + 1) : node.name;
    const branch = { ...node, label, children: [] };
    (parent ? parent.children : top).push(branch);
    above.push(branch);
  }
  return top;
}

/**
 * Whether a name is in the tree below another one.
 * @param {string} name
 * @param {string} other
 */
export function isBelow(name, other) {
  return name.toLowerCase().startsWith(`${other.toLowerCase()}${SEPARATOR}`);
}

/**
 * The nodes whose names contain a text, and those above them.
 * @param {TagNode[]} nodes
 * @param {string} text
 */
export function matching(nodes, text) {
  const wanted = text.trim().toLowerCase();
  const named = nodes.filter(({ name }) => name.toLowerCase().includes(wanted));
  return nodes.filter(
    (node) => named.includes(node) || named.some(({ name }) => isBelow(name, node.name)),
  );
}

/**
 * The new names of a tag and of all below it where it is renamed, and their names until then.
 * @param {TagNode[]} nodes
 * @param {string} from
 * @param {string} to
 */
export function renamesOf(nodes, from, to) {
  const moved = nodes.flatMap(({ id, name }) =>
    id !== null && (name === from || isBelow(name, from)) ? [{ id, name }] : [],
  );
  const renamed = moved.map(({ id, name }) => ({ id, name: to + name.slice(from.length) }));
  return { before: moved, after: renamed };
}
