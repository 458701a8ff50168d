import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionFor, keyName, sheet } from '../../javascript/gallery/lib/keys.mjs';
import { all, extend, keepOnly, NOTHING, toggle } from '../../javascript/gallery/lib/selection.mjs';
import { createStore } from '../../javascript/gallery/lib/store.mjs';

const displayed = ['a', 'b', 'c', 'd', 'e'];
const keys = (selection) => [...selection.keys].sort().join('');

test('a click with Ctrl adds and takes away', () => {
  const one = toggle(NOTHING, 'b');
  assert.equal(keys(one), 'b');
  assert.equal(keys(toggle(one, 'd')), 'bd');
  assert.equal(keys(toggle(one, 'b')), '');
  assert.equal(keys(NOTHING), '');
});

test('Shift selects from the anchor, in both directions, and keeps the anchor', () => {
  const anchored = toggle(NOTHING, 'c');
  assert.equal(keys(extend(anchored, 'e', displayed)), 'cde');
  assert.equal(keys(extend(extend(anchored, 'e', displayed), 'a', displayed)), 'abcde');
});

test('Shift without an anchor, or with one that is gone, selects just the one', () => {
  assert.equal(keys(extend(NOTHING, 'd', displayed)), 'd');
  assert.equal(keys(extend(toggle(NOTHING, 'gone'), 'd', displayed)), 'dgone');
});

test('all, and only what is still there', () => {
  assert.equal(keys(all(displayed)), 'abcde');
  const kept = keepOnly(all(displayed), ['b', 'x']);
  assert.equal(keys(kept), 'b');
  assert.equal(kept.anchor, null);
  assert.equal(keepOnly(NOTHING, displayed), NOTHING);
});

const press = (key, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, ...more });

test('a key means what the table says, here and nowhere else', () => {
  assert.equal(actionFor(press('ArrowLeft'), 'grid'), 'left');
  assert.equal(actionFor(press('ArrowLeft'), 'viewer'), 'previous');
  assert.equal(actionFor(press('I'), 'grid'), 'info');
  assert.equal(actionFor(press('i', { ctrlKey: true }), 'grid'), null);
  assert.equal(actionFor(press('a', { metaKey: true }), 'grid'), 'selectAll');
  assert.equal(actionFor(press('x'), 'viewer'), null);
  assert.equal(keyName(press('ArrowLeft', { altKey: true })), 'Alt+ArrowLeft');
});

test('the sheet gathers the keys of one meaning', () => {
  assert.deepEqual(sheet('grid')[0], { label: 'keys.move', keys: ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'] });
});

test('a store tells of many changes once', async () => {
  const store = createStore({ a: 1, b: 1 });
  let told = 0;
  const leave = store.subscribe(() => { told += 1; });
  store.set({ a: 2 });
  store.set({ b: 2 });
  assert.deepEqual(store.get(), { a: 2, b: 2 });
  await Promise.resolve();
  assert.equal(told, 1);
  leave();
  store.set({ a: 3 });
  await Promise.resolve();
  assert.equal(told, 1);
});
