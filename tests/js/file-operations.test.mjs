import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../javascript/gallery/api/transport.mjs';
import { FakeServer, open } from './fakes.mjs';

const NAME_TAKEN = { path: '/out/b.png', error: 'There is a b.png.', code: 'NameTaken' };

test('deleted files are gone, and Undo restores them', async () => {
  const { parts, server, shown } = await open('#/folder//out');
  const { fileOperations, selection, store, subjects, undo } = parts;
  selection.toggle(0);
  selection.toggle(1);
  const deleted = ['/out/a.png', '/out/b.png'];
  server.answers.set('remove', { deleted, errors: [], operation_id: 'op' });
  await fileOperations.remove(subjects.current());
  assert.deepEqual(server.requests('remove'), [[{ file_paths: deleted }, false]]);
  assert.deepEqual(shown(), ['c.png']);
  assert.equal(store.state.toast?.text, 'action.deleted');
  assert.equal(store.state.selection.keys.size, 0);

  server.answers.set('undo', {
    restored: deleted.map((path) => ({ src_path: path, dest_path: path })),
  });
  await undo.run();
  assert.deepEqual(server.requests('undo'), [['op', false]]);
  assert.deepEqual(shown(), ['a.png', 'b.png', 'c.png']);
  await undo.run();
  assert.equal(store.state.toast?.text, 'action.nothingToUndo');
});

test('where deleting is for good it asks first', async () => {
  const { parts, server } = await open('#/folder//out');
  parts.store.set({ deleteMode: 'permanent' });
  parts.display.setCurrent(0);
  await parts.fileOperations.askToRemove(parts.subjects.current());
  const { dialog } = parts.store.state;
  assert.ok(dialog?.kind === 'sure' && server.requests('remove').length === 0);
});

test('what could not be done is shown file by file', async () => {
  const { parts, server } = await open('#/folder//out');
  const errors = [{ path: '/out/a.png', error: 'It is open elsewhere.', code: 'Busy' }];
  server.answers.set('remove', { deleted: [], errors, operation_id: null });
  parts.display.setCurrent(0);
  await parts.fileOperations.remove(parts.subjects.current());
  assert.deepEqual(parts.store.state.dialog, { kind: 'problems', errors });
  assert.equal(parts.store.state.toast, null);
});

/**
 * Moves a.png and b.png, whose names are taken, and c.png, whose name is not.
 * @param {('skip'|'replace'|'keep')[]} choices  of the user, for each that is asked about
 * @returns {Promise<any[]>}  the request for the move, after the one that was refused
 */
async function moveThree(choices) {
  const { parts, server } = await open('#/folder//out');
  server.answers.set('transfer', new ApiError('There is a b.png.', 409, 'NameTaken'));
  // What is in the folder already needs no move, and no question.
  const taken = ['/out/a.png', '/elsewhere/there.png', '/out/b.png'];
  const errors = taken.map((path) => ({ ...NAME_TAKEN, path }));
  server.answers.set('planTransfer', { moved: [], errors, skipped: [], operation_id: null });
  const subject = parts.subjects.of([0, 1, 2].map((index) => parts.display.item(index)));
  await parts.fileOperations.transfer('move', subject, '/elsewhere');
  assert.equal(server.requests('transfer').length, 1);
  const { dialog } = parts.store.state;
  assert.ok(dialog?.kind === 'conflicts' && !dialog.isRest);
  assert.deepEqual(
    [dialog.total, dialog.conflicts.map(({ target }) => target)],
    [3, ['/elsewhere/a.png', '/elsewhere/b.png']],
  );
  server.answers.set('transfer', { moved: [], errors: [], skipped: [], operation_id: null });
  dialog.onChoose(choices);
  await new Promise((resolve) => setImmediate(resolve));
  const [, about, dest, onConflict, replace] = server.requests('transfer')[1];
  assert.equal(dest, '/elsewhere');
  return [about.file_paths, onConflict, replace];
}

test('names that are taken are asked about before anything is moved', async () => {
  const all = ['/out/a.png', '/out/b.png', '/out/c.png'];
  assert.deepEqual(await moveThree(['keep', 'keep']), [all, 'rename', []]);
  assert.deepEqual(await moveThree(['skip', 'skip']), [all, 'skip', []]);
  const [a, b, c] = all;
  assert.deepEqual(await moveThree(['keep', 'skip']), [[a, c], 'rename', []]);
  assert.deepEqual(await moveThree(['replace', 'replace']), [all, 'rename', [a, b]]);
  assert.deepEqual(await moveThree(['keep', 'replace']), [all, 'rename', [b]]);
  assert.deepEqual(await moveThree(['skip', 'replace']), [[b, c], 'rename', [b]]);
});

test('names that are taken are asked about after all others are moved', async () => {
  const { parts, server, shown } = await open('#/folder//out');
  const moved = [{ src_path: '/out/a.png', dest_path: '/elsewhere/a.png' }];
  server.answers.set('transfer', { moved, errors: [NAME_TAKEN], skipped: [], operation_id: 'op' });
  const subject = parts.subjects.of([parts.display.item(0), parts.display.item(1)]);
  await parts.fileOperations.transfer('move', subject, '/elsewhere');
  const { dialog } = parts.store.state;
  assert.ok(dialog?.kind === 'conflicts' && dialog.isRest);
  assert.deepEqual(dialog.conflicts, [{ source: '/out/b.png', target: '/elsewhere/b.png' }]);
  assert.deepEqual(shown(), ['b.png', 'c.png']);
});

test('many files are moved by a job', async () => {
  const names = Array.from({ length: 250 }, (_, i) => `${i}.png`);
  const { parts, server } = await open('#/folder//out', new FakeServer(names));
  await parts.selection.all();
  server.answers.set('remove', { job_id: 'j' });
  const result = { deleted: names.map((name) => `/out/${name}`), errors: [], operation_id: 'op' };
  server.answers.set('job', { status: 'completed', result });
  await parts.fileOperations.remove(parts.subjects.current());
  assert.equal(server.requests('remove')[0][1], true);
  assert.deepEqual(parts.store.state.jobs, []);
  assert.equal(parts.store.state.toast?.text, 'action.deleted');
});

test('an operation that fails says why, and nothing is gone', async () => {
  const { parts, server, shown } = await open('#/folder//out');
  server.answers.set('remove', new ApiError('The drive is not connected.', 503, 'Offline'));
  parts.display.setCurrent(0);
  await parts.fileOperations.remove(parts.subjects.current());
  assert.equal(parts.store.state.toast?.text, 'The drive is not connected.');
  assert.equal(shown().length, 3);
  assert.ok(!parts.reconciler.isAway('/out/a.png'));
});

test('a renamed file is selected no longer, and stays the current one', async () => {
  const { parts, server } = await open('#/folder//out');
  parts.display.setCurrent(0);
  parts.selection.toggleCurrent();
  server.names = ['b.png', 'c.png', 'x.png'];
  server.answers.set('rename', { new_path: '/out/x.png', operation_id: 'op' });
  await parts.fileOperations.rename(parts.display.item(0), 'x.png');
  assert.equal(parts.display.currentItem?.name, 'x.png');
  assert.equal(parts.store.state.selection.keys.size, 0);
});

test('while a move is undone its files are away from where they had come to', async () => {
  const { parts, server } = await open('#/folder//out');
  const moved = [{ src_path: '/elsewhere/a.png', dest_path: '/out/a.png' }];
  server.answers.set('transfer', { moved, errors: [], skipped: [], operation_id: 'op' });
  await parts.fileOperations.transfer('move', parts.subjects.of([parts.display.item(0)]), '/out');
  server.answers.set('undo', { restored: ['/elsewhere/a.png'] });
  const undoing = parts.undo.run();
  const isAway = () => ['/out/a.png', '/out/b.png'].map((path) => parts.reconciler.isAway(path));
  assert.deepEqual(isAway(), [true, false]);
  await undoing;
  assert.deepEqual(isAway(), [false, false]);
});
