import assert from 'node:assert/strict';
import { test } from 'node:test';
import { itemAt, sameColumns, toColumns, totals } from '../../javascript/gallery/lib/columns.mjs';

const file = (/** @type {string} */ name, date = 1, bytes = 10, type = 'file') => ({ type, name, date, bytes, fullpath: `/x/${name}` });
const all = toColumns([file('a.png', 3), file('note.txt'), file('b.mp4', 2), file('sub', 1, 0, 'dir')]);

test('a listing keeps folders and media', () => {
  assert.deepEqual(all.names, ['a.png', 'b.mp4', 'sub']);
  assert.equal(all.hidden, 1);
  assert.deepEqual(totals(all), { folders: 1, files: 2, bytes: 20 });
});

test('a row of a listing is an item of which the rest is not known', () => {
  const { name, path, date, bytes, kind, is, width, rating } = itemAt(all, 1);
  assert.deepEqual([name, path, date, bytes, kind, is, width, rating], ['b.mp4', '/x/b.mp4', 2, 10, 'video', 'known', 0, 0]);
});

test('listings that show the same are told from others', () => {
  const other = toColumns([file('a.png', 3), file('b.mp4', 2, 11), file('sub', 1, 0, 'dir')]);
  assert.ok(sameColumns(all, { ...all }));
  assert.ok(!sameColumns(all, other));
});
