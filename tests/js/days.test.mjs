import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packDays } from '../../javascript/gallery/lib/days.mjs';
import { rowBlock, stack, uniformBlock } from '../../javascript/gallery/lib/layout.mjs';

test('headings have room above each block', () => {
  const day = (/** @type {number} */ count) =>
    uniformBlock({ count, width: 1000, columns: 5, gap: 4 });
  const layout = stack([day(0), day(7), day(3)], { space: 12, head: 36 });
  const { height } = layout.rect(0);
  assert.equal(layout.rect(0).top, 36);
  assert.equal(layout.rect(7).top, 36 + 2 * height + 4 + 12 + 36);
  assert.equal(layout.rowAt(layout.rect(7).top - 20), 2);
  assert.deepEqual([layout.row(1).block, layout.row(2).block], [0, 1]);
});

const look = { width: 1000, columns: 5, gap: 0, heading: 150 };
const packed = (/** @type {number[]} */ sizes, options = look) =>
  packDays(
    sizes.map((count, i) => ({ start: i, count })),
    options,
  ).map(({ runs }) => runs.map(({ count, left }) => [count, left]));

test('small days share a row as long as they fit with room between', () => {
  assert.deepEqual(packed([2, 2, 1]), [
    [
      [2, 0],
      [2, 424],
    ],
    [[1, 0]],
  ]);
  assert.deepEqual(packed([1, 1, 1, 1]), [
    [
      [1, 0],
      [1, 224],
      [1, 448],
      [1, 672],
    ],
  ]);
  assert.deepEqual(packed([3, 2]), [[[3, 0]], [[2, 0]]]);
  assert.deepEqual(packed([12, 1, 1]), [
    [[12, 0]],
    [
      [1, 0],
      [1, 224],
    ],
  ]);
});

test('a day is never narrower than its heading', () => {
  assert.deepEqual(packed([1, 1, 1], { ...look, columns: 10 }), [
    [
      [1, 0],
      [1, 224],
      [1, 448],
    ],
  ]);
  assert.deepEqual(packed([1, 1], { width: 320, columns: 3, gap: 4, heading: 150 }), [
    [[1, 0]],
    [[1, 0]],
  ]);
});

test('days in a row keep the size of tiles', () => {
  const options = { width: 1003, columns: 5, gap: 4 };
  const row = stack([
    rowBlock({
      runs: [
        { count: 2, left: 0 },
        { count: 1, left: 424 },
      ],
      ...options,
    }),
  ]);
  const grid = stack([uniformBlock({ count: 9, ...options })]);
  assert.equal(row.height, grid.rect(0).height);
  assert.deepEqual(
    [0, 1, 2].map((i) => row.rect(i).left),
    [0, grid.rect(1).left, 424],
  );
  assert.equal(row.itemAt(500, 10), 2);
});

const MONTHS = ['2025-03-30', '2025-03-02', '2025-02-11', '2025-01-20', '2025-01-03'];
const monthly = (/** @type {number[]} */ sizes, width = 1000) =>
  packDays(
    sizes.map((count, i) => ({ start: Date.parse(`${MONTHS[i]}T12:00`) / 1000, count })),
    { ...look, width },
  );

test('a month of which all fits shares the row of the month before', () => {
  const groups = monthly([1, 1, 1]);
  assert.deepEqual(
    groups.map(({ days, month }) => [month !== null, days.map((day) => day.month !== undefined)]),
    [[true, [false, false, true]]],
  );
  assert.deepEqual(
    groups[0].days.map(({ left }) => left),
    [0, 224, 448],
  );
});

test('a month begins a row of its own where not all of it fits', () => {
  const counts = monthly([1, 1, 1, 1, 2]).map(({ runs }) => runs.map(({ count }) => count));
  assert.deepEqual(counts, [
    [1, 1, 1],
    [1, 2],
  ]);
});

test('a row that goes on with a month has no other month in it', () => {
  const counts = monthly([3, 2, 1]).map(({ runs }) => runs.map(({ count }) => count));
  assert.deepEqual(counts, [[3], [2], [1]]);
});
