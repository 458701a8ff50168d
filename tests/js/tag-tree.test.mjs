import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matching, renamesOf, treeOf } from '../../javascript/gallery/lib/tag-tree.mjs';

const node = (name, id = 1) => ({ id, name, color: '', count: 0, total: 0 });
const shape = (branches) =>
  branches.map(({ label, children }) => (children.length ? { [label]: shape(children) } : label));

test('tags are below those whose names they begin with', () => {
  const names = ['a', 'a/b', 'a/b/c', 'a b', 'A/d', 'e/f'];
  assert.deepEqual(shape(treeOf([node('e', null), ...names.map((name) => node(name))])), [
    { a: [{ b: ['c'] }, 'd'] },
    'a b',
    { e: ['f'] },
  ]);
});

test('a filter keeps what is above', () => {
  const nodes = [node('a', null), node('a/fox'), node('a/cat'), node('foxes')];
  assert.deepEqual(
    matching(nodes, ' FOX').map(({ name }) => name),
    ['a', 'a/fox', 'foxes'],
  );
  assert.deepEqual(matching(nodes, ''), nodes);
});

test('what is below is renamed too', () => {
  const nodes = [node('a', null), node('a/fox', 2), node('A/cat', 3), node('ab', 4)];
  assert.deepEqual(renamesOf(nodes, 'a', 'x/y'), {
    before: [
      { id: 2, name: 'a/fox' },
      { id: 3, name: 'A/cat' },
    ],
    after: [
      { id: 2, name: 'x/y/fox' },
      { id: 3, name: 'x/y/cat' },
    ],
  });
});
