import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Uploads } from '../../javascript/gallery/actions/uploads.mjs';
import { readSources } from '../../javascript/gallery/lib/dropped.mjs';
import { open } from './fakes.mjs';

const file = (/** @type {string} */ name) => new File(['x'], name);

/**
 * A folder as the browser hands it out: a hundred of its entries at a time.
 * @param {string} name
 * @param {any[]} children
 */
function folder(name, children) {
  const parts = [children.slice(0, 100), children.slice(100), []];
  const readEntries = (/** @type {(some: any[]) => void} */ take) => take(parts.shift() ?? []);
  return /** @type {any} */ ({ name, isFile: false, createReader: () => ({ readEntries }) });
}

test('dropped folders are read with all that is below them', async () => {
  const many = Array.from({ length: 150 }, (_, at) => file(`${at}.png`));
  const dropped = await readSources([
    file('a.png'),
    folder('day', [folder('two', many), file('b.png')]),
  ]);
  const counts = [...dropped].map(([name, files]) => [name, files.length]);
  assert.deepEqual(counts.sort(), [
    ['', 1],
    ['day', 1],
    ['day/two', 150],
  ]);
});

test('files go in requests of a size that the server takes, and Undo takes all of them back', async () => {
  const { parts, server } = await open('#/folder//out');
  const files = Array.from({ length: 750 }, (_, at) => file(`${at}.png`));
  await new Uploads(parts).take(files, '/out');
  assert.deepEqual(
    server.requests('upload').map(([some, dest, onConflict]) => [some.length, dest, onConflict]),
    [
      [500, '/out', 'error'],
      [250, '/out', 'error'],
    ],
  );
  assert.equal(parts.store.state.toast?.text, 'upload.done');
  assert.deepEqual(parts.store.state.jobs, []);
  await parts.undo.run();
  assert.deepEqual(
    server.requests('undo').map(([operation]) => operation),
    ['upload-2', 'upload-1'],
  );
});

test('files whose names are taken are sent again only where the user wants both', async () => {
  const { parts, server } = await open('#/folder//out');
  const errors = [{ name: 'b.png', error: 'There is a b.png.', code: 'NameTaken' }];
  const uploaded = [{ name: 'a.png', path: '/out/a.png' }];
  server.answers.set('upload', { uploaded, skipped: [], errors, operation_id: 'op' });
  await new Uploads(parts).take([file('a.png'), file('b.png')], '/out');
  const { dialog } = parts.store.state;
  assert.ok(dialog?.kind === 'conflicts' && dialog.isRest);
  assert.deepEqual(
    [dialog.total, dialog.conflicts.map(({ target }) => target)],
    [2, ['/out/b.png']],
  );
  dialog.onChoose(['skip']);
  assert.equal(server.requests('upload').length, 1);
  dialog.onChoose(['keep']);
  const [files, dest, onConflict] = server.requests('upload')[1];
  assert.deepEqual(
    [files.map((/** @type {File} */ each) => each.name), dest, onConflict],
    [['b.png'], '/out', 'rename'],
  );
  dialog.onChoose(['replace']);
  assert.deepEqual(server.requests('upload')[2].slice(1, 3), ['/out', 'replace']);
});

test('without a file in it nothing is sent', async () => {
  const { parts, server } = await open('#/folder//out');
  await new Uploads(parts).take([folder('empty', [])], '/out');
  assert.equal(parts.store.state.toast?.text, 'upload.nothing');
  assert.deepEqual(server.requests('upload'), []);
});
