import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  add,
  everything,
  has,
  keepOnly,
  NOTHING,
  only,
  remove,
  size,
  toggle,
  without,
} from '../../javascript/gallery/lib/selection.mjs';
import { createStore } from '../../javascript/gallery/lib/store.mjs';

const item = (path) => ({ path, name: path, date: 0, bytes: 1, kind: 'image', online: true });
const items = (text) => [...text].map(item);
const keys = (selection) => [...selection.keys.keys()].sort().join('');

test('a click with Ctrl adds and takes away, and changes no other value', () => {
  const one = toggle(NOTHING, item('b'));
  assert.equal(keys(one), 'b');
  assert.equal(keys(toggle(one, item('d'))), 'bd');
  assert.equal(keys(toggle(one, item('b'))), '');
  assert.equal(keys(NOTHING), '');
  assert.equal(toggle(one, item('d')).anchor, 'd');
});

test('a range is added, and the anchor stays for the next one', () => {
  const ranged = add(toggle(NOTHING, item('c')), items('cde'));
  assert.equal(keys(ranged), 'cde');
  assert.equal(ranged.anchor, 'c');
  assert.equal(keys(add(ranged, items('ab'))), 'abcde');
});

test('just these, and only what is still there', () => {
  assert.equal(keys(only(items('abc'))), 'abc');
  const kept = keepOnly(only(items('abc')), ['b', 'x']);
  assert.equal(keys(kept), 'b');
  assert.equal(kept.anchor, null);
  assert.equal(keepOnly(NOTHING, ['a']), NOTHING);
});

test('all results are selected by their number, and some of them can be left out again', () => {
  const all = everything(1_000_000);
  assert.equal(size(all), 1_000_000);
  assert.ok(has(all, 'never seen'));
  const but = toggle(toggle(all, item('a')), item('b'));
  assert.deepEqual([size(but), has(but, 'a'), has(but, 'c')], [999_998, false, true]);
  assert.equal(size(add(but, items('a'))), 999_999);
  assert.deepEqual(
    [size(without(but, ['a', 'c'])), has(without(but, ['c']), 'a')],
    [999_998, false],
  );
  assert.equal(toggle(everything(1), item('a')), NOTHING);
  assert.equal(everything(0), NOTHING);
});

test('a day is taken out of what is selected, also of all results', () => {
  const some = remove(only(['a', 'b', 'c'].map(item)), ['a', 'x'].map(item));
  assert.deepEqual([...some.keys.keys()], ['b', 'c']);
  const most = remove(everything(3), [item('a')]);
  assert.deepEqual([size(most), has(most, 'a'), has(most, 'b')], [2, false, true]);
  assert.equal(remove(everything(1), [item('a')]), NOTHING);
});

test('a store tells of many changes once', async () => {
  const store = createStore({ a: 1, b: 1 });
  let told = 0;
  const leave = store.subscribe(() => {
    told += 1;
  });
  store.set({ a: 2 });
  store.set({ b: 2 });
  assert.deepEqual(store.state, { a: 2, b: 2 });
  await Promise.resolve();
  assert.equal(told, 1);
  leave();
  store.set({ a: 3 });
  await Promise.resolve();
  assert.equal(told, 1);
});
