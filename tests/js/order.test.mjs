import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moved } from '../../javascript/gallery/lib/order.mjs';

test('a member of a list is put at another position', () => {
  const list = ['a', 'b', 'c', 'd'];
  assert.deepEqual(moved(list, 0, 3), ['b', 'c', 'd', 'a']);
  assert.deepEqual(moved(list, 3, 0), ['d', 'a', 'b', 'c']);
  assert.deepEqual(moved(list, 1, 2), ['a', 'c', 'b', 'd']);
  assert.deepEqual(moved(list, 2, 2), list);
  assert.deepEqual(list, ['a', 'b', 'c', 'd']);
});
