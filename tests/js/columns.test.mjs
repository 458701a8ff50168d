import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  fromAnswer,
  itemAt,
  sameColumns,
  toColumns,
  totals,
  without,
} from '../../javascript/gallery/lib/columns.mjs';
import { FolderList } from '../../javascript/gallery/folders/folder-list.mjs';

const file = (/** @type {string} */ name, date = 1, bytes = 10, type = 'file') => ({
  type,
  name,
  date,
  bytes,
  fullpath: `/x/${name}`,
});
const all = toColumns([
  file('a.png', 3),
  file('note.txt'),
  file('b.mp4', 2),
  file('sub', 1, 0, 'dir'),
]);

test('a listing keeps folders and media', () => {
  assert.deepEqual(all.names, ['a.png', 'b.mp4', 'sub']);
  assert.equal(all.hidden, 1);
  assert.deepEqual(totals(all), { folders: 1, files: 2, bytes: 20 });
});

test('a row of a listing is an item of which the rest is not known', () => {
  const { name, path, date, bytes, kind, is, width, rating } = itemAt(all, 1);
  assert.deepEqual(
    [name, path, date, bytes, kind, is, width, rating],
    ['b.mp4', '/x/b.mp4', 2, 10, 'video', 'known', 0, 0],
  );
});

test('a listing tells the shapes of pictures where they were asked for', () => {
  assert.equal(all.ratios, null);
  const sized = fromAnswer({
    prefix: '/x/',
    name: ['note.txt', 'a.png', 'b.png'],
    date: [1, 1, 1],
    bytes: [10, 10, 10],
    folders: [],
    width: [0, 300, 0],
    height: [0, 200, 0],
  });
  assert.deepEqual([...sized.ratios], [1.5, 0]);
  assert.deepEqual([...without(sized, new Set(['/x/b.png'])).ratios], [1.5]);
  const shown = new FolderList(sized, { sort: 'name', order: 'desc', media: 'all', roots: null });
  assert.deepEqual(
    [[...shown.ratios(0, 2)], [...shown.ratios(1, 1)], shown.hasShapes],
    [[0, 1.5], [1.5], true],
  );
});

test('a folder by column is the same as by entry', () => {
  const answer = {
    prefix: '/x/',
    name: ['a.png', 'note.txt', 'b.mp4', 'sub'],
    date: [3, 1, 2, 1],
    bytes: [10, 10, 10, 0],
    folders: [3],
    width: null,
    height: null,
  };
  assert.deepEqual(fromAnswer(answer), all);
});

test('listings that show the same are told from others', () => {
  const other = toColumns([file('a.png', 3), file('b.mp4', 2, 11), file('sub', 1, 0, 'dir')]);
  assert.ok(sameColumns(all, { ...all }));
  assert.ok(!sameColumns(all, other));
});
