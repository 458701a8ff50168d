import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSaved } from '../../javascript/gallery/lib/saved.mjs';

test('searches that an earlier version has saved are read too', () => {
  const own = { name: 'Foxes', query: 'fox', folder: '/out' };
  assert.deepEqual(readSaved(['wolf', own, { name: 'Out', query: '', folder: '/out' }]), [
    { name: 'wolf', query: 'wolf', folder: null },
    own,
    { name: 'Out', query: '', folder: '/out' },
  ]);
});

test('what cannot be understood is left out', () => {
  assert.equal(readSaved({}), null);
  assert.deepEqual(readSaved([null, 1, { name: 'x' }, { name: 'x', query: '' }]), []);
});
