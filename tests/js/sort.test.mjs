import assert from 'node:assert/strict';
import { test } from 'node:test';
import { itemAt, sameColumns, toColumns, totals } from '../../javascript/gallery/lib/columns.mjs';
import {
  nameKey,
  naturalOrder,
  parameterOf,
  parameterSorts,
  sortRows,
} from '../../javascript/gallery/lib/sort.mjs';

const file = (name, date = 0, bytes = 0) => ({
  type: 'file',
  name,
  date,
  bytes,
  created_time: 0,
  size: '',
  fullpath: `/out/${name}`,
  is_under_scanned_path: true,
});
const folder = (name, date = 0) => ({ ...file(name, date), type: 'dir', size: '-' });
const names = (files, field, order) => {
  const columns = toColumns(files);
  return Array.from(sortRows(columns, field, order), (row) => columns.names[row]);
};

test('numbers in names sort as numbers, letters without case', () => {
  const wanted = ['1.png', '2.png', '0009.png', '10.png', 'a1.png', 'A2.png', 'a10.png', 'B.png'];
  assert.deepEqual(
    names(
      [...wanted].reverse().map((name) => file(name)),
      'name',
      'asc',
    ),
    wanted,
  );
});

test('numbers longer than any integer sort too', () => {
  const long = '9'.repeat(30);
  assert.ok(nameKey(long) < nameKey(`1${'0'.repeat(30)}`));
});

test('folders come first in every order', () => {
  const files = [file('a.png', 9, 1), folder('z', 1), file('b.png', 1, 9), folder('y', 5)];
  assert.deepEqual(names(files, 'date', 'desc'), ['y', 'z', 'a.png', 'b.png']);
  assert.deepEqual(names(files, 'date', 'asc'), ['z', 'y', 'b.png', 'a.png']);
  assert.deepEqual(names(files, 'name', 'desc'), ['z', 'y', 'b.png', 'a.png']);
  assert.deepEqual(names(files, 'size', 'desc'), ['y', 'z', 'b.png', 'a.png']);
});

test('equal dates fall back to names, the same in both directions', () => {
  const files = [file('c.png', 5), file('a.png', 5), file('b.png', 5)];
  assert.deepEqual(names(files, 'date', 'desc'), ['a.png', 'b.png', 'c.png']);
  assert.deepEqual(names(files, 'date', 'asc'), ['a.png', 'b.png', 'c.png']);
});

test('people expect newest, A to Z and largest first', () => {
  assert.deepEqual(['date', 'name', 'size'].map(naturalOrder), ['desc', 'asc', 'desc']);
});

test('what is no media is counted but not listed', () => {
  const columns = toColumns([
    file('a.png', 1, 10),
    file('a.txt'),
    folder('sub'),
    file('clip.MP4', 1, 5),
    file('.hidden'),
  ]);
  assert.deepEqual(columns.names, ['a.png', 'sub', 'clip.MP4']);
  assert.equal(columns.hidden, 2);
  assert.deepEqual(totals(columns), { folders: 1, files: 2, bytes: 15 });
  assert.deepEqual(
    [0, 1, 2].map((i) => itemAt(columns, i).kind),
    ['image', 'dir', 'video'],
  );
});

test('a listing that is the same is told from one that is not', () => {
  const one = toColumns([file('a.png', 1, 2)]);
  assert.ok(sameColumns(one, toColumns([file('a.png', 1, 2)])));
  assert.ok(!sameColumns(one, toColumns([file('a.png', 1, 3)])));
  assert.ok(!sameColumns(one, toColumns([file('b.png', 1, 2)])));
  assert.ok(!sameColumns(one, toColumns([])));
});

test('parameters that a query names can be sorted by', () => {
  const query = 'fox -param:Shift>3 (param:"Clip skip"<=2, PARAM: Shift) "param:x" subparam:y';
  assert.deepEqual(parameterSorts(query), ['param:Shift', 'param:Clip skip']);
  assert.deepEqual([parameterOf('param:Clip skip'), parameterOf('date')], ['Clip skip', null]);
  assert.equal(naturalOrder('param:Shift'), 'desc');
});
