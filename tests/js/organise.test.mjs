import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  answerOf,
  BY,
  exampleOf,
  LIKENESS,
  outlook,
  patternOf,
  PATTERNS,
  problemOfName,
  problemOfPattern,
  readOptions,
  USUAL,
} from '../../javascript/gallery/lib/organise.mjs';

for (const [name, problem] of [
  ['Foxes in the snow', ''],
  ['狐狸', ''],
  ['a.b', ''],
  ['  spaces around  ', ''],
  ['console', ''],
  ['', 'empty'],
  ['   ', 'empty'],
  ['a/b', 'signs'],
  ['a\\b', 'signs'],
  ['what?', 'signs'],
  ['tab\there', 'signs'],
  ['.hidden', 'dot'],
  ['end.', 'dot'],
  ['..', 'dot'],
  ['con', 'reserved'],
  ['LPT1.png', 'reserved'],
  ['x'.repeat(60), ''],
  ['x'.repeat(61), 'long'],
]) {
  test(`a folder ${problem ? 'cannot' : 'can'} be called ${JSON.stringify(name).slice(0, 30)}`, () => {
    assert.equal(problemOfName(name, false), problem && `organise.name.${problem}`);
  });
}

test('each of nested folders has to be one', () => {
  assert.equal(problemOfName('2025-03/dream', true), '');
  assert.equal(problemOfName('2025-03//dream', true), 'organise.name.empty');
  assert.equal(problemOfName('2025-03/..', true), 'organise.name.dot');
});

for (const [pattern, problem] of [
  ['{date:%Y-%m}/{model}', null],
  ['by {source}', null],
  ['plain', null],
  ['', 'empty'],
  [' / ', 'empty'],
  ['a/b/c/d/e/f/g', 'long'],
  ['{modle}', 'field'],
  ['{model:%Y}', 'field'],
  ['{model', 'bracket'],
  ['a}b', 'bracket'],
  ['{}', 'field'],
]) {
  test(`the pattern ${JSON.stringify(pattern)} ${problem ? 'is none' : 'is one'}`, () =>
    assert.equal(problemOfPattern(pattern)?.key ?? null, problem && `organise.pattern.${problem}`));
}

test('every rule has a pattern that is one, and an example', () => {
  for (const by of BY.filter((name) => name !== 'theme')) {
    assert.equal(problemOfPattern(patternOf({ ...USUAL, by })), null);
    assert.ok(exampleOf(PATTERNS[by], new Date(2025, 2, 14)));
  }
  assert.equal(
    exampleOf('{date:%Y-%m}/{model} {date}', new Date(2025, 2, 4)),
    '2025-03/dreamshaper_8 2025-03-04',
  );
  assert.equal(patternOf(USUAL), '');
  assert.equal(patternOf({ ...USUAL, by: 'date', patterns: { date: '{date:%Y}' } }), '{date:%Y}');
});

test('options that nobody knows any more become the usual ones', () => {
  assert.deepEqual(readOptions(null), USUAL);
  assert.deepEqual(
    readOptions({
      by: 'colour',
      likeness: 99,
      smallest: -4,
      rest: 1,
      patterns: { date: '{oops', theme: 'x', model: '{model}/x' },
    }),
    { ...USUAL, smallest: 1, patterns: { model: '{model}/x' } },
  );
  assert.deepEqual(readOptions({ ...USUAL, by: 'tag', deep: false }), {
    ...USUAL,
    by: 'tag',
    deep: false,
  });
  assert.ok(
    LIKENESS.every(
      ({ threshold }, i) =>
        threshold > 0 && threshold <= 1 && (i === 0 || threshold > LIKENESS[i - 1].threshold),
    ),
  );
});

const group = (id, folder, size, renamed = 0) => ({
  cluster_id: id,
  suggested_folder_name: folder,
  title: folder,
  keywords: [],
  size,
  file_mappings: Array.from({ length: size }, (_, i) => ({
    src_path: `/o/${id}${i}.png`,
    dest_path: '',
    dest_folder_name: folder,
    cluster_id: id,
    is_noise: false,
    renamed: i < renamed,
  })),
});
const preview = {
  clusters: [group('c1', 'Foxes', 4, 1), group('c2', 'Cats', 3), group('c3', '2025/x', 2)],
  noise: group('noise', 'Unsorted', 1),
};
const none = new Set();

test('what is going to happen follows names and ticks', () => {
  assert.deepEqual(outlook(preview, {}, none), {
    files: 10,
    folders: 4,
    renamed: 1,
    merged: none,
    illegal: none,
  });
  const look = outlook(preview, { c2: ' foxes', c3: '2025/y' }, new Set(['noise']));
  assert.deepEqual(
    [look.files, look.folders, [...look.merged], look.illegal.size],
    [9, 2, ['c1', 'c2'], 0],
  );
  assert.deepEqual([...outlook(preview, { c1: 'a/b', c2: '' }, new Set(['c2'])).illegal], ['c1']);
  const left = { ...preview, noise: { ...preview.noise, suggested_folder_name: '' } };
  assert.equal(outlook(left, {}, none).files, 9);
});

test('the server is told only what differs', () => {
  assert.deepEqual(
    answerOf(
      preview,
      { c1: 'Foxes', c2: ' Cats of all kinds ', c3: 'gone' },
      new Set(['c3', 'noise']),
    ),
    {
      folder_edits: [{ cluster_id: 'c2', new_folder_name: 'Cats of all kinds' }],
      skip_cluster_ids: ['c3', 'noise'],
    },
  );
  const left = { ...preview, noise: { ...preview.noise, suggested_folder_name: '' } };
  assert.deepEqual(answerOf(left, {}, none), { folder_edits: [], skip_cluster_ids: [] });
});
