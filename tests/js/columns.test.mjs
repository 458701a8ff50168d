import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat, itemAt, sameColumns, slice, toColumns, totals } from '../../javascript/gallery/lib/columns.mjs';

const file = (/** @type {string} */ name, date = 1, bytes = 10, type = 'file') => ({ type, name, date, bytes, fullpath: `/x/${name}` });
const all = toColumns([file('a.png', 3), file('note.txt'), file('b.mp4', 2), file('sub', 1, 0, 'dir')]);

test('a listing keeps folders and media', () => {
  assert.deepEqual(all.names, ['a.png', 'b.mp4', 'sub']);
  assert.equal(all.hidden, 1);
  assert.deepEqual(totals(all), { folders: 1, files: 2, bytes: 20 });
});

test('parts put together are the whole', () => {
  for (let at = 0; at <= all.count; at += 1) {
    const head = { ...all, count: at, names: all.names.slice(0, at), paths: all.paths.slice(0, at), dates: all.dates.slice(0, at),
      bytes: all.bytes.slice(0, at), kinds: all.kinds.slice(0, at) };
    const whole = concat(head, slice(all, at));
    assert.ok(sameColumns(whole, all));
    assert.deepEqual(Array.from({ length: whole.count }, (_, i) => itemAt(whole, i)), Array.from({ length: all.count }, (_, i) => itemAt(all, i)));
  }
});
