import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrange } from '../../javascript/gallery/lib/arrangement.mjs';
import {
  columnsFor,
  moveBy,
  rowsInView,
  scrollToShow,
  smallestTile,
  stack,
  uniformBlock,
  withText,
} from '../../javascript/gallery/lib/layout.mjs';

const squares = (count, width = 1000, columns = 5) =>
  uniformBlock({ count, width, columns, gap: 4 });
const cards = (count, columns = 3) =>
  uniformBlock({ count, width: 1000, columns, gap: 8, itemHeight: 56 });

test('tiles fill the width to the pixel and never overlap', () => {
  for (const width of [320, 390, 999, 1000, 1441]) {
    for (const columns of [1, 2, 3, 7, 11]) {
      const layout = stack([squares(columns, width, columns)]);
      let edge = -4;
      for (let i = 0; i < columns; i += 1) {
        const rect = layout.rect(i);
        assert.equal(rect.left, edge + 4);
        edge = rect.left + rect.width;
      }
      assert.equal(edge, width);
    }
  }
});

test('the height is that of all rows, with the last one short', () => {
  const layout = stack([squares(11)]);
  const { height } = layout.rect(0);
  assert.equal(layout.rows, 3);
  assert.equal(layout.height, 3 * height + 2 * 4);
  assert.deepEqual([layout.row(2).first, layout.row(2).size], [10, 1]);
});

test('blocks stand one below the other and items count on', () => {
  const layout = stack([cards(4), squares(6)], { space: 16, padding: 12 });
  assert.equal(layout.count, 10);
  assert.equal(layout.rows, 4);
  assert.equal(layout.rect(0).top, 12);
  assert.equal(layout.rect(4).top, 12 + 56 + 8 + 56 + 16);
  assert.equal(layout.rowOf(3), 1);
  assert.equal(layout.rowOf(4), 2);
  assert.equal(layout.row(2).block, 1);
});

test('an empty layout has no rows and no height', () => {
  const layout = stack([cards(0), squares(0)], { space: 16, padding: 12 });
  assert.deepEqual([layout.count, layout.rows, layout.height], [0, 0, 0]);
  assert.equal(layout.itemAt(10, 10), -1);
  assert.equal(moveBy(layout, -1, 'down', 500), -1);
  assert.ok(rowsInView(layout, { top: 0, height: 900, overscan: 900, budget: 480 }).last < 0);
});

test('the row at a height is found in every block', () => {
  const layout = stack([cards(4), squares(600)], { space: 16, padding: 12 });
  for (let row = 0; row < layout.rows; row += 1) {
    const { top, height } = layout.row(row);
    assert.equal(layout.rowAt(top), row);
    assert.equal(layout.rowAt(top + height - 1), row);
  }
  assert.equal(layout.rowAt(-100), 0);
  assert.equal(layout.rowAt(1e9), layout.rows - 1);
});

test('rows in view cover the viewport and stay within the budget', () => {
  const layout = stack([cards(20), squares(20_000, 1400, 14)], { space: 16, padding: 12 });
  for (let top = 0; top < layout.height; top += 977) {
    const view = rowsInView(layout, { top, height: 900, overscan: 900, budget: 300 });
    let tiles = 0;
    for (let row = view.first; row <= view.last; row += 1) tiles += layout.row(row).size;
    assert.ok(tiles <= 300, `${tiles} tiles at ${top}`);
    assert.ok(layout.row(view.first).top <= top || view.first === 0);
    const last = layout.row(view.last);
    assert.ok(last.top + last.height >= top + 900 || view.last === layout.rows - 1);
    assert.ok(view.first <= view.firstVisible && view.lastVisible <= view.last);
  }
});

test('the smallest tile keeps even a huge screen within the budget', () => {
  for (const [width, height] of [
    [390, 844],
    [1440, 900],
    [3840, 2160],
    [7680, 4320],
  ]) {
    const wanted = Math.max(88, smallestTile(width, height, 480));
    const layout = stack([squares(100_000, width, columnsFor(width, wanted, 4, 2))]);
    const view = rowsInView(layout, { top: 5000, height, overscan: height, budget: 480 });
    let tiles = 0;
    for (let row = view.first; row <= view.last; row += 1) tiles += layout.row(row).size;
    assert.ok(tiles < 600, `${tiles} tiles at ${width}`);
  }
});

const moves = [
  ['right goes on into the next row', 4, 'right', 5],
  ['left stops at the first', 0, 'left', 0],
  ['right stops at the last', 24, 'right', 24],
  ['down keeps the column', 6, 'down', 11],
  ['up from the first row stays', 3, 'up', 3],
  ['down from the last row stays', 23, 'down', 23],
  ['home', 17, 'first', 0],
  ['end', 3, 'last', 24],
  ['the first key makes the first item current', -1, 'down', 0],
];
for (const [name, from, direction, to] of moves) {
  test(`keys: ${name}`, () => assert.equal(moveBy(stack([squares(25)]), from, direction, 500), to));
}

test('keys: down into a short last row goes to its nearest item', () => {
  assert.equal(moveBy(stack([squares(12)]), 9, 'down', 500), 11);
});

test('keys: up and down cross from cards to tiles by position', () => {
  const layout = stack([cards(3), squares(10)], { space: 16 });
  assert.equal(moveBy(layout, 0, 'down', 500), 3 + 0);
  assert.equal(moveBy(layout, 2, 'down', 500), 3 + 4);
  assert.equal(moveBy(layout, 3 + 4, 'up', 500), 2);
});

test('keys: a page moves by about the height of the viewport, and always by a row', () => {
  const layout = stack([squares(500)]);
  const { height } = layout.rect(0);
  assert.equal(moveBy(layout, 7, 'pageDown', 3 * (height + 4)), 7 + 15);
  assert.equal(moveBy(layout, 52, 'pageUp', 10), 47);
  assert.equal(moveBy(layout, 498, 'pageDown', 5000), 498);
});

test('showing an item scrolls no further than needed', () => {
  const rect = { top: 500, left: 0, width: 100, height: 100 };
  assert.equal(scrollToShow(rect, { top: 400, height: 400 }, 10), 400);
  assert.equal(scrollToShow(rect, { top: 600, height: 400 }, 10), 490);
  assert.equal(scrollToShow(rect, { top: 0, height: 400 }, 10), 210);
});

test('rows with a text below them are found by height, and keep their items', () => {
  const plain = squares(11);
  const block = withText(plain, 24);
  assert.equal(block.height, plain.height + 3 * 24);
  for (let row = 0; row < 3; row += 1) {
    assert.equal(block.rowTop(row), plain.rowTop(row) + row * 24);
    assert.equal(block.rowHeight(row), plain.rowHeight(row) + 24);
    assert.equal(block.rowAt(block.rowTop(row)), row);
    assert.equal(block.rowAt(block.rowTop(row) + block.rowHeight(row) - 1), row);
  }
  assert.equal(withText(plain, 0), plain);
});

test('a list has a line for each file, folders first, a heading for each day', () => {
  const source = {
    count: 7,
    folders: 2,
    days: [
      { start: 1_700_000_000, count: 2 },
      { start: 1_699_900_000, count: 3 },
    ],
    shape: 'list',
    ratios: () => null,
  };
  const { layout, groups } = arrange(source, { width: 1000, height: 800, wanted: 200 });
  assert.equal(layout.rows, 7);
  const rects = Array.from({ length: 7 }, (_, i) => layout.rect(i));
  assert.ok(rects.every(({ left, width, height }) => !left && width === 1000 && height === 56));
  assert.equal(rects[3].top, rects[2].top + 56);
  assert.ok(rects[4].top > rects[3].top + 56);
  assert.deepEqual(
    groups.map((group) => group && group.count),
    [null, 2, 3],
  );
  const without = arrange({ ...source, days: null }, { width: 1000, height: 800, wanted: 200 });
  assert.equal(without.layout.height, 7 * 56 + 2 * 12);
});
