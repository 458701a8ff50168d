import assert from 'node:assert/strict';
import { test } from 'node:test';
import { familyOf, layOut, NODE } from '../../javascript/gallery/lib/graph-layout.mjs';

/**
 * @param {string} id
 * @param {string} type
 */
const node = (id, type, size = 1) => ({ id, label: id, size, metadata: { type } });
const graph = {
  layers: [
    { level: 0, name: 'Clusters', nodes: [node('c1', 'cluster', 9), node('c2', 'cluster', 5)] },
    { level: 1, name: 'Tags', nodes: [node('fox', 'tag'), node('sea', 'tag'), node('ice', 'tag')] },
    { level: 2, name: 'Abstract-1', nodes: [node('nature', 'abstract')] },
  ],
  links: [
    { source: 'c1', target: 'fox', weight: 9 },
    { source: 'c2', target: 'sea', weight: 5 },
    { source: 'fox', target: 'nature', weight: 9 },
    { source: 'gone', target: 'nature', weight: 1 },
  ],
  stats: { topic_cluster_cache_key: 'k' },
};

test('a layer is a column, groups on the left and topics on the right, and no two nodes overlap', () => {
  const { height, links, nodes, width } = layOut(graph);
  const x = (/** @type {string} */ id) => nodes.find((one) => one.id === id)?.x ?? NaN;
  assert.ok(x('nature') < x('fox') && x('fox') < x('c1'));
  for (const [i, a] of nodes.entries()) {
    assert.ok(
      a.x >= 0 && a.y >= 0 && a.x + NODE.width <= width && a.y + NODE.height <= height,
      a.id,
    );
    for (const b of nodes.slice(i + 1))
      assert.ok(a.x !== b.x || Math.abs(a.y - b.y) >= NODE.height, `${a.id} ${b.id}`);
  }
  assert.equal(links.length, 3, 'a link to a node that is not there is left out');
  assert.deepEqual(layOut({ ...graph, layers: [], links: [] }).nodes, []);
});

test('what a node is linked with is found upwards and downwards', () => {
  assert.deepEqual([...familyOf(graph.links, 'fox')].sort(), ['c1', 'fox', 'nature']);
  assert.deepEqual([...familyOf(graph.links, 'ice')], ['ice']);
});
