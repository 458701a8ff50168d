import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../javascript/gallery/api/transport.mjs';
import { Toasts } from '../../javascript/gallery/app/toasts.mjs';
import { UndoStack } from '../../javascript/gallery/app/undo.mjs';
import { createStore } from '../../javascript/gallery/lib/store.mjs';

function make() {
  const store = /** @type {any} */ (createStore({ toast: null }));
  const words = /** @type {any} */ ({ t: (/** @type {string} */ key) => key });
  const toasts = new Toasts({ store, words });
  const undo = new UndoStack({ toasts, words });
  return { store, toasts, undo };
}

test('the last change is undone first, and each once', async () => {
  const { store, toasts, undo } = make();
  /** @type {string[]} */
  const undone = [];
  undo.offer('one', '1', () => undone.push('one'));
  undo.offer('two', '2', () => undone.push('two'));
  await undo.run();
  await undo.run();
  await undo.run();
  assert.deepEqual(undone, ['two', 'one']);
  assert.equal(store.state.toast.text, 'action.nothingToUndo');
  toasts.clear();
});

test('the button of the toast and the key undo the same change', async () => {
  const { store, toasts, undo } = make();
  let count = 0;
  undo.offer('deleted', '1', () => {
    count += 1;
  });
  assert.deepEqual(
    [store.state.toast.text, store.state.toast.action.label],
    ['deleted', 'action.undo'],
  );
  await store.state.toast.action.run();
  await undo.run();
  assert.equal(count, 1);
  toasts.clear();
});

test('what was undone elsewhere is not undone again', async () => {
  const { store, toasts, undo } = make();
  let count = 0;
  undo.offer('deleted', '1', () => {
    count += 1;
  });
  undo.remove('1');
  await undo.run();
  assert.equal(count, 0);
  assert.equal(store.state.toast.text, 'action.nothingToUndo');
  toasts.clear();
});

test('a change of long ago cannot be undone', async () => {
  const { toasts, undo } = make();
  /** @type {number[]} */
  const undone = [];
  for (let i = 0; i < 60; i += 1) undo.push(String(i), () => undone.push(i));
  for (let i = 0; i < 60; i += 1) await undo.run();
  assert.deepEqual([undone[0], undone[undone.length - 1], undone.length], [59, 10, 50]);
  toasts.clear();
});

test('a failed request is a toast, with a way to try again; a mistake of ours is thrown', () => {
  const { store, toasts } = make();
  let retried = false;
  toasts.fail(new ApiError('The disk is full.', 507, 'DiskFull'), () => {
    retried = true;
  });
  assert.equal(store.state.toast.text, 'The disk is full.');
  store.state.toast.action.run();
  assert.ok(retried);
  toasts.fail(new ApiError('', 0, 'Unreachable'));
  assert.deepEqual(
    [store.state.toast.text, store.state.toast.action],
    ['problem.unreachable.title', null],
  );
  assert.throws(() => toasts.fail(new TypeError('x')), TypeError);
  toasts.clear();
});
