import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrange, HEADING } from '../../javascript/gallery/lib/arrangement.mjs';
import { byMonth } from '../../javascript/gallery/lib/days.mjs';
import { Pages } from '../../javascript/gallery/lib/pages.mjs';
import { marks, partAt, topAt } from '../../javascript/gallery/lib/scrubber.mjs';
import { scrollSpace } from '../../javascript/gallery/lib/scroll-space.mjs';
import {
  countNew,
  dayAt,
  daysOf,
  indexOfSpot,
  nearestDay,
  spotOf,
  startsOf,
} from '../../javascript/gallery/lib/timeline.mjs';

const day = (/** @type {string} */ name, count = 1) => ({ day: name, count });
const march = daysOf([day('2025-03-15', 3), day('2025-03-14', 5), day('2025-02-01', 2)]);

test('positions and days lead to each other', () => {
  const starts = startsOf(march);
  assert.deepEqual([...starts], [0, 3, 8]);
  assert.deepEqual(
    [0, 2, 3, 7, 8, 99].map((index) => dayAt(starts, index)),
    [0, 0, 1, 1, 2, 2],
  );
  assert.equal(dayAt(startsOf([]), 0), -1);
});

test('a date leads to its day, or to the nearest', () => {
  const at = (/** @type {string} */ text) => new Date(text).getTime() / 1000;
  assert.deepEqual(
    ['2025-03-14T23:00', '2025-03-13T23:00', '2030-01-01', '2025-02-02T12:00'].map((text) =>
      nearestDay(march, at(text)),
    ),
    [1, 1, 0, 2],
  );
  assert.equal(nearestDay([], 0), -1);
});

test('new items are counted by day, also where others went', () => {
  const after = daysOf([
    day('2025-03-16', 4),
    day('2025-03-15', 5),
    day('2025-03-14', 1),
    day('2025-02-01', 2),
  ]);
  assert.equal(countNew(march, after), 6);
  assert.equal(countNew(march, march), 0);
  assert.equal(countNew([], march), 10);
});

test('a position is found again when items came or went', () => {
  const after = daysOf([
    day('2025-03-16', 4),
    day('2025-03-15', 5),
    day('2025-03-14', 5),
    day('2025-02-01', 1),
  ]);
  const found = (/** @type {number} */ index, /** @type {typeof march} */ days) =>
    indexOfSpot(spotOf(index, march, startsOf(march)), days, startsOf(days));
  for (let index = 0; index < 10; index += 1) assert.equal(found(index, march), index);
  assert.deepEqual(
    [0, 2, 3, 9].map((index) => found(index, after)),
    [6, 8, 9, 14],
  );
  assert.equal(found(4, daysOf([day('2025-03-13', 2), day('2025-02-01', 2)])), 0);
  assert.equal(found(4, []), -1);
  assert.equal(indexOfSpot(spotOf(4, [], startsOf([])), [], startsOf([])), 4);
});

test('days of a month become one', () => {
  assert.deepEqual(
    byMonth(march).map(({ count }) => count),
    [8, 2],
  );
});

const source = {
  count: 10,
  folders: 0,
  days: march,
  shape: /** @type {const} */ ('square'),
  ratios: () => null,
};
const view = { width: 1000, height: 800, wanted: 180 };

test('a month begins with a heading of its own, and never in the middle of a row', () => {
  const { layout, groups } = arrange(source, view);
  assert.deepEqual(
    groups?.map((group) => [group?.days.length, group?.month !== null]),
    [
      [1, true],
      [1, false],
      [1, true],
    ],
  );
  assert.equal(layout.rect(0).top, 4 + HEADING.height + HEADING.month);
  assert.equal(
    layout.rect(3).top - layout.rect(0).top - layout.rect(0).height,
    12 + HEADING.height,
  );
});

test('a library of a million is laid out by its days alone', () => {
  const many = Array.from({ length: 1500 }, (_, i) => ({
    start: 1_700_000_000 - i * 86_400,
    count: i === 3 ? 1_000_000 - 1499 * 600 : 600,
  }));
  const { layout } = arrange({ ...source, count: 1_000_000, days: many }, view);
  assert.equal(layout.count, 1_000_000);
  const { top } = layout.rect(777_777);
  assert.equal(layout.rowOf(777_777), layout.rowAt(top));
  assert.equal(layout.itemAt(layout.rect(777_777).left, top), 777_777);
});

test('justified rows are as wide as the grid, keep shapes and hold every item once', () => {
  const shapes = Float32Array.from(
    { length: 1000 },
    (_, i) => [0.66, 1.5, 1, 1.78, NaN, 12][i % 6],
  );
  const { layout } = arrange(
    {
      ...source,
      count: 1000,
      days: null,
      shape: 'justified',
      ratios: (first, count) => shapes.slice(first, first + count),
    },
    view,
  );
  let item = 0;
  for (let row = 0; row < layout.rows; row += 1) {
    const { first, size, height, top } = layout.row(row);
    assert.equal(first, item);
    assert.ok(size > 0 && height > 90 && height < 360, `row ${row}: ${size} items, ${height} high`);
    const last = layout.rect(item + size - 1);
    assert.equal(last.left + last.width, view.width);
    for (let i = item; i < item + size; i += 1) {
      const { width } = layout.rect(i);
      if (shapes[i] < 3) assert.ok(Math.abs(width / height - shapes[i]) < 0.05);
      assert.equal(layout.rowOf(i), row);
    }
    assert.ok(row === 0 || top >= layout.row(row - 1).top + layout.row(row - 1).height);
    item += size;
  }
  assert.equal(item, 1000);
});

test('what is not known yet takes about the room that it will take', () => {
  const known = { ...source, count: 5000, days: null, shape: /** @type {const} */ ('justified') };
  const before = arrange(known, view).layout;
  const after = arrange(
    {
      ...known,
      ratios: (_first, count) =>
        Float32Array.from({ length: count }, (_, i) => (i % 3 ? 0.66 : 1.2)),
    },
    view,
  ).layout;
  assert.ok(Math.abs(before.height / after.height - 1) < 0.15, `${before.height} ${after.height}`);
  for (let item = 0; item < 5000; item += 7) {
    const row = before.row(before.rowOf(item));
    assert.ok(item >= row.first && item < row.first + row.size);
  }
});

test('a few pictures are not blown up to fill a row', () => {
  const { layout } = arrange(
    { ...source, count: 2, days: null, shape: 'justified', ratios: () => Float32Array.of(0.66, 1) },
    view,
  );
  assert.deepEqual([layout.rows, layout.rect(0).height], [1, 180]);
});

test('a short list scrolls by pixels', () => {
  const space = scrollSpace(5000, 800);
  assert.deepEqual(
    [space.height, space.isScaled, space.toVirtual(123), space.toReal(123)],
    [5000, false, 123, 123],
  );
});

test('a list higher than any element is reached whole, its ends by pixels', () => {
  const space = scrollSpace(100_000_000, 800, { highest: 10_000_000, end: 500_000 });
  assert.equal(space.height, 10_000_000);
  assert.deepEqual([0, 1, 500_000].map(space.toVirtual), [0, 1, 500_000]);
  assert.equal(space.toVirtual(10_000_000 - 800), 100_000_000 - 800);
  assert.equal(space.toVirtual(10_000_000 - 801), 100_000_000 - 801);
  let last = -1;
  for (let real = 0; real <= 10_000_000 - 800; real += 9_999) {
    const virtual = space.toVirtual(real);
    assert.ok(virtual > last);
    assert.ok(Math.abs(space.toReal(virtual) - real) < 1e-3);
    last = virtual;
  }
});

test('marks of the scrubber stand where their days stand, years as labels', () => {
  const days = Array.from({ length: 1200 }, (_, i) => ({
    start: Date.UTC(2025, 11, 31) / 1000 - i * 86_400,
    top: i * 100,
  }));
  const found = marks(days, { height: 120_800, view: 800, track: 700 });
  assert.deepEqual(
    found.filter(({ label }) => label).map(({ start }) => new Date(start * 1000).getFullYear()),
    [2025, 2024, 2023, 2022],
  );
  for (const { start, at } of found)
    assert.equal(
      at,
      partAt(days.find((one) => one.start === start)?.top ?? NaN, { height: 120_800, view: 800 }),
    );
  const ys = found.map(({ at }) => at * 700);
  assert.ok(ys.every((y, i) => i === 0 || y - ys[i - 1] >= 7));
  assert.deepEqual(marks(days, { height: 700, view: 800, track: 700 }), []);
});

test('the ends of the track are the ends of the list', () => {
  const size = { height: 5000, view: 1000 };
  assert.deepEqual(
    [-1, 0, 0.5, 1, 2].map((part) => topAt(part, size)),
    [0, 0, 2000, 4000, 4000],
  );
  assert.equal(partAt(topAt(0.3, size), size), 0.3);
});

const page = (/** @type {number} */ first, /** @type {number} */ count) => {
  const each = (/** @type {(i: number) => any} */ make) =>
    Array.from({ length: count }, (_, i) => make(first + i));
  return {
    id: each((i) => i),
    path: each((i) => (i === 13 ? null : `/x/${i}.png`)),
    mtime: each((i) => i),
    bytes: each(() => 9),
    type: each(() => 'image'),
    width: each((i) => (i === 11 ? null : 300)),
    height: each(() => 200),
    duration: each(() => null),
    rating: each((i) => i % 6),
    color: each(() => '#123456'),
  };
};

test('pages are known by position and by path, and what is gone is told', () => {
  const pages = new Pages({ size: 10, kept: 3 });
  pages.put(1, page(10, 10));
  assert.deepEqual(
    pages.missing(5, 25),
    [0, 2].sort((a, b) => Math.abs(a - 1) - Math.abs(b - 1)),
  );
  assert.deepEqual(
    [pages.at(9), pages.at(12)?.path, pages.at(13)?.is, pages.at(12)?.rating],
    [null, '/x/12.png', 'gone', 0],
  );
  assert.deepEqual(
    [pages.indexOf('/x/19.png'), pages.indexOf('/x/13.png'), pages.indexOf('/x/20.png')],
    [19, -1, -1],
  );
  assert.equal(pages.ratios(5, 10), null);
  assert.deepEqual([...(pages.ratios(10, 2) ?? [])], [1.5, 0]);
});

test('the pages used longest ago are forgotten', () => {
  const pages = new Pages({ size: 10, kept: 2 });
  pages.put(0, page(0, 10));
  pages.put(1, page(10, 10));
  pages.missing(0, 9);
  pages.put(2, page(20, 10));
  assert.deepEqual([pages.at(0) !== null, pages.at(10), pages.at(20) !== null], [true, null, true]);
});
