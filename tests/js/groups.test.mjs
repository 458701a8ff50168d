import assert from 'node:assert/strict';
import { test } from 'node:test';
import en from '../../javascript/gallery/i18n/en.mjs';
import { arrange, HEADING } from '../../javascript/gallery/lib/arrangement.mjs';
import { formatsFor } from '../../javascript/gallery/lib/format.mjs';
import {
  daysOfDates,
  groupName,
  groupsOfValues,
  letterOf,
  sizeBand,
} from '../../javascript/gallery/lib/groups.mjs';
import { translator } from '../../javascript/gallery/lib/i18n.mjs';
import { nameMarks } from '../../javascript/gallery/lib/scrubber.mjs';

const words = { t: translator('en', en), formats: formatsFor('en') };
const roots = [{ path: '/pics', name: 'Pictures', online: true }];
const nameOf = (/** @type {string} */ sort, /** @type {string} */ value) =>
  groupName(sort, value, words, roots);

test('groups have names that say what their files have in common', () => {
  assert.deepEqual(
    [
      nameOf('model', 'dream 8'),
      nameOf('model', ''),
      nameOf('path', '/pics/2025/fox'),
      nameOf('bytes', '1048576..2097152'),
      nameOf('bytes', '..262144'),
      nameOf('bytes', '67108864..'),
      nameOf('pixels', '500000..1000000'),
      nameOf('width', '1024..1536'),
      nameOf('duration', '30..60'),
      nameOf('rating', '1'),
      nameOf('rating', ''),
      nameOf('ratio', 'portrait'),
      nameOf('type', 'video'),
      nameOf('steps', '20'),
      nameOf('param:Clip skip', '2'),
      nameOf('name', '0-9'),
    ],
    [
      'dream 8',
      'Model: none',
      'Pictures / 2025 / fox',
      '1 MB – 2 MB',
      'Under 256 KB',
      '64 MB and more',
      '0.5 MP – 1 MP',
      '1,024 px – 1,536 px',
      '30 s – 1 min',
      '1 star',
      'Rating: none',
      'Portrait',
      'Videos',
      'Steps: 20',
      'Clip skip: 2',
      '0-9',
    ],
  );
});

test('a folder is grouped as the server would', () => {
  assert.deepEqual(['é1', '9.png', '_x', ''].map(letterOf), ['É', '0-9', '_', '']);
  assert.deepEqual([0, 262_143, 262_144, 67_108_864].map(sizeBand), [
    '..262144',
    '..262144',
    '262144..524288',
    '67108864..',
  ]);
  const values = ['a', 'a', 'b', 'a'];
  assert.deepEqual(
    groupsOfValues(4, (i) => values[i]),
    [
      { value: 'a', count: 2 },
      { value: 'b', count: 1 },
      { value: 'a', count: 1 },
    ],
  );
  const at = (/** @type {string} */ text) => new Date(text).getTime() / 1000;
  const dates = ['2025-03-15T23:59', '2025-03-15T00:00', '2025-03-14T12:00'].map(at);
  assert.deepEqual(
    daysOfDates(3, (i) => dates[i]),
    [
      { start: at('2025-03-15T00:00'), count: 2 },
      { start: at('2025-03-14T00:00'), count: 1 },
    ],
  );
});

const sections = [5, 1, 2, 90, 1].map((count, i) => ({ start: 0, count, name: `m${i}` }));
const source = {
  count: 102,
  folders: 3,
  days: sections,
  shape: /** @type {'square'|'justified'} */ ('square'),
  ratios: (/** @type {number} */ _, /** @type {number} */ count) => new Float32Array(count).fill(1),
};
const view = { width: 1000, height: 800, wanted: 180 };

for (const shape of /** @type {const} */ (['square', 'justified']))
  test(`groups stand below folders, short ones in one row: ${shape}`, () => {
    const { layout, groups } = arrange({ ...source, shape }, view);
    const named = (groups ?? []).filter((group) => group !== null);
    assert.equal(groups?.[0], null);
    assert.deepEqual(
      named.map(({ days }) => days.map(({ name }) => name)),
      [['m0'], ['m1', 'm2'], ['m3'], ['m4']],
    );
    assert.ok(named.every(({ month }) => month === null));
    assert.equal(layout.count, 102);
    // Each item has a place of its own, below the ones before.
    assert.ok(layout.rect(3).top >= layout.rect(2).top + layout.rect(2).height + HEADING.height);
    assert.equal(layout.rect(8).top, layout.rect(9).top);
    for (let item = 1; item < 102; item += 1) {
      const [before, here] = [layout.rect(item - 1), layout.rect(item)];
      assert.ok(here.top > before.top || here.left >= before.left + before.width);
      assert.ok(here.left + here.width <= view.width);
    }
  });

test('marks of names stand where their groups stand', () => {
  const size = { height: 10_000, view: 800, track: 700 };
  const found = nameMarks(
    Array.from({ length: 100 }, (_, i) => ({ name: `m${i}`, top: i * 100 })),
    size,
  );
  assert.equal(found[0].name, 'm0');
  const labels = found.filter(({ label }) => label).map(({ at }) => at * 700);
  assert.ok(labels.length > 10 && labels.every((y, i) => !i || y - labels[i - 1] >= 22));
  assert.deepEqual(nameMarks([{ name: 'a', top: 0 }], { ...size, height: 700 }), []);
});
