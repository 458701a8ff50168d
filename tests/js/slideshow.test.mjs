import assert from 'node:assert/strict';
import { test } from 'node:test';
import { otherPace, PACES, placeAmong } from '../../javascript/gallery/viewer/slideshow.mjs';

test('the pace is changed step by step, and stays at the ends', () => {
  assert.deepEqual(
    [otherPace(5, 1), otherPace(5, -1), otherPace(PACES[0], -1), otherPace(20, 1)],
    [10, 3, 2, 20],
  );
});

test('in random order each file comes once', () => {
  const seen = new Set([2]);
  for (let step = 0; step < 9; step += 1) seen.add(placeAmong(10, seen));
  assert.deepEqual([...seen].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(placeAmong(10, seen), -1);
  assert.deepEqual(
    [placeAmong(4, new Set([3]), () => 0.99), placeAmong(4, new Set([3]), () => 0.3)],
    [0, 1],
  );
});
