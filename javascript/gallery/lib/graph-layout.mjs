/**
 * @typedef {{id: string, label: string, size: number, metadata: {type: string, cluster_id?: string}}} Node
 * @typedef {{source: string, target: string, weight: number}} Link
 * @typedef {{level: number, name: string, nodes: Node[]}} Layer
 *
 * @typedef {Object} Graph  layers, topics first, and the links between neighbouring ones
 * @property {Layer[]} layers
 * @property {Link[]} links
 * @property {{topic_cluster_cache_key: string}} stats
 *
 * @typedef {Node & {x: number, y: number, level: number}} Placed
 * @typedef {{nodes: Placed[], links: Link[], width: number, height: number}} Layout
 */

export const NODE = { width: 190, height: 24 };
const GAP = { x: 110, y: 6 };
const MARGIN = 8;

/**
 * Places for the nodes of a graph: a column for each layer, the widest groups on the left and topics on
 * the right; within a column a node stands near those that it is linked with, so that few links cross.
 * @param {Graph} graph
 * @returns {Layout}
 */
export function layOut({ layers, links }) {
  const columns = [...layers].sort((a, b) => b.level - a.level);
  const tallest = Math.max(0, ...columns.map(({ nodes }) => nodes.length));
  const height = 2 * MARGIN + tallest * (NODE.height + GAP.y);
  const partners = partnersOf(links);
  /** @type {Map<string, Placed>} */
  const placed = new Map();
  columns.forEach(({ level, nodes }, column) => {
    const wanted = new Map(
      nodes.map((node) => [node.id, meanY(partners.get(node.id) ?? [], placed)]),
    );
    const order = [...nodes].sort(
      (a, b) =>
        (wanted.get(a.id) ?? 0) - (wanted.get(b.id) ?? 0) ||
        b.size - a.size ||
        (a.id < b.id ? -1 : 1),
    );
    const step = (height - 2 * MARGIN) / Math.max(1, order.length);
    order.forEach((node, row) => {
      const x = MARGIN + column * (NODE.width + GAP.x);
      placed.set(node.id, { ...node, level, x, y: MARGIN + (row + 0.5) * step - NODE.height / 2 });
    });
  });
  const width = 2 * MARGIN + Math.max(0, columns.length * (NODE.width + GAP.x) - GAP.x);
  const known = links.filter(({ source, target }) => placed.has(source) && placed.has(target));
  return { nodes: [...placed.values()], links: known, width, height };
}

/**
 * The ids of all nodes that are linked with one, and the one itself, up and down through the layers.
 * @param {Link[]} links
 * @param {string} id
 * @returns {Set<string>}
 */
export function familyOf(links, id) {
  const found = new Set([id]);
  for (const [from, to] of /** @type {const} */ ([
    ['source', 'target'],
    ['target', 'source'],
  ])) {
    let edge = [id];
    while (edge.length) {
      const next = links.filter((link) => edge.includes(link[from]) && !found.has(link[to]));
      edge = [...new Set(next.map((link) => link[to]))];
      for (const one of edge) found.add(one);
    }
  }
  return found;
}

/** @param {Link[]} links */
function partnersOf(links) {
  /** @type {Map<string, string[]>} */
  const partners = new Map();
  for (const { source, target } of links) {
    partners.set(source, [...(partners.get(source) ?? []), target]);
    partners.set(target, [...(partners.get(target) ?? []), source]);
  }
  return partners;
}

/**
 * @param {string[]} ids
 * @param {Map<string, Placed>} placed
 */
function meanY(ids, placed) {
  const known = ids.flatMap((id) => placed.get(id)?.y ?? []);
  return known.reduce((sum, y) => sum + y, 0) / Math.max(1, known.length);
}
