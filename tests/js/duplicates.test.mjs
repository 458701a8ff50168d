import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  begin,
  leftOf,
  openGroups,
  Pace,
  settledBy,
  sumOf,
} from '../../javascript/gallery/duplicates/found.mjs';
import {
  choiceOf,
  decisionsOf,
  foldersOf,
  keeperBy,
  namesOf,
  reasonOf,
  victimsOf,
} from '../../javascript/gallery/lib/duplicates.mjs';
import { formatHash, HOME, parseHash } from '../../javascript/gallery/lib/router.mjs';

/**
 * @param {string} path
 * @param {Partial<import('../../javascript/gallery/lib/types.mjs').DuplicateFile>} [facts]
 * @returns {import('../../javascript/gallery/lib/types.mjs').DuplicateFile}
 */
function file(path, facts = {}) {
  return {
    id: 1,
    path,
    name: path.replace(/.*\//, ''),
    folder: path.replace(/\/[^/]*$/, ''),
    kind: 'near',
    same_file_as: '',
    type: 'image',
    format: 'png',
    bytes: 10,
    width: 8,
    height: 8,
    duration: 0,
    date: 100,
    metadata_fields: 0,
    rating: 0,
    tags: [],
    albums: [],
    ...facts,
  };
}

/**
 * @param {ReturnType<typeof file>[]} files
 * @returns {import('../../javascript/gallery/lib/types.mjs').DuplicateGroup}
 */
function group(...files) {
  const [keeper, ...others] = files;
  const bytes = others.reduce((sum, one) => sum + one.bytes, 0);
  return { kind: 'near', keeper: keeper.path, differs: [], bytes_to_free: bytes, files };
}

test('a rule chooses the file to keep, and the first of several that are as good', () => {
  const one = group(
    file('/a/1', { kind: 'keeper', date: 200 }),
    file('/b/2', { width: 16, date: 300 }),
    file('/b/3', { date: 100 }),
  );
  assert.deepEqual(
    ['suggested', 'largest', 'oldest', 'newest', 'in:/b', 'in:/nowhere'].map((rule) =>
      keeperBy(one, /** @type {any} */ (rule)),
    ),
    ['/a/1', '/b/2', '/b/3', '/b/2', '/b/2', '/a/1'],
  );
  assert.equal(choiceOf(one, 'oldest', { keeper: '/b/2', stays: [] }).keeper, '/b/2');
});

test('the reason is the first that tells the best file from the next one', () => {
  const best = { kind: /** @type {'keeper'} */ ('keeper') };
  const reasons = [
    [{ metadata_fields: 8, rating: 1 }, {}],
    [{ rating: 3 }, { tags: ['x'] }],
    [{ albums: ['x'] }, {}],
    [{ width: 16 }, { bytes: 99 }],
    [{ bytes: 11 }, {}],
    [{ date: 50 }, {}],
    [{}, {}],
  ].map(([one, other]) => reasonOf(group(file('/1', { ...best, ...one }), file('/2', other))));
  assert.deepEqual(reasons, ['metadata', 'rating', 'marks', 'pixels', 'bytes', 'oldest', '']);
});

test('another name of a file is never a victim, whichever is kept', () => {
  const linked = group(
    file('/1', { kind: 'keeper' }),
    file('/2', { kind: 'exact', same_file_as: '/1' }),
    file('/3', { kind: 'exact' }),
  );
  assert.deepEqual(
    namesOf(linked, linked.files[0]).map((one) => one.path),
    ['/2'],
  );
  for (const keeper of ['/1', '/2'])
    assert.deepEqual(
      victimsOf(linked, { keeper, stays: [] }).map((one) => one.path),
      ['/3'],
    );
  assert.deepEqual(victimsOf(linked, { keeper: '/3', stays: [] }), []);
});

test('a file of several names is kept where nothing could go otherwise', () => {
  const [copy, one, two] = [
    file('/1', { kind: 'keeper' }),
    file('/2'),
    file('/3', { same_file_as: '/2' }),
  ];
  assert.equal(choiceOf(group(copy, one, two), 'suggested').keeper, '/2');
  assert.equal(choiceOf(group(copy, one, two, file('/4')), 'suggested').keeper, '/1');
  assert.equal(choiceOf(group(copy, file('/2', { same_file_as: '/1' })), 'suggested').keeper, '/1');
});

test('only copies of the kept file have to hold the same bytes', () => {
  const mixed = group(
    file('/1', { kind: 'keeper' }),
    file('/2', { kind: 'exact' }),
    file('/3', { kind: 'same' }),
    file('/4', { kind: 'near' }),
  );
  const decide = (/** @type {string} */ keeper, /** @type {string[]} */ stays = []) =>
    decisionsOf(mixed, { keeper, stays }).map(({ victims, exact }) => [victims.join(), exact]);
  assert.deepEqual(decide('/1'), [
    ['/2', true],
    ['/3,/4', false],
  ]);
  assert.deepEqual(decide('/2', ['/4']), [
    ['/1', true],
    ['/3', false],
  ]);
  assert.deepEqual(decide('/3'), [['/1,/2,/4', false]]);
  assert.deepEqual(decide('/1', ['/2', '/3', '/4']), []);
});

test('folders are offered by how many groups could keep a file of theirs', () => {
  const groups = [
    group(file('/a/1'), file('/b/1')),
    group(file('/b/2'), file('/c/2')),
    group(file('/d/3'), file('/d/4')),
  ];
  assert.deepEqual(foldersOf(groups), ['/b', '/a', '/c']);
});

test('what is settled is no longer counted', () => {
  const [one, two] = [group(file('/1'), file('/2')), group(file('/3'), file('/4'), file('/5'))];
  const found = {
    ...begin('in:', {}),
    groups: [one, two],
    totals: /** @type {any} */ ({
      kinds: { exact: 1, same: 0, near: 2 },
      files: 4,
      bytes_to_free: 40,
    }),
    resolved: { '/1': settledBy(one) },
  };
  assert.deepEqual(openGroups(found), [two]);
  assert.deepEqual(leftOf(found), {
    kinds: { exact: 1, same: 0, near: 1 },
    count: 2,
    files: 3,
    bytes: 30,
  });
  assert.deepEqual(sumOf({ ...found, choices: { '/3': { keeper: '/3', stays: ['/5'] } } }, [two]), {
    files: 1,
    bytes: 10,
  });
});

test('the time that is left follows the rate of the stage', () => {
  const pace = new Pace();
  assert.equal(pace.left({ stage: 'a', done: 0, total: 100 }, 0), null);
  assert.equal(pace.left({ stage: 'a', done: 20, total: 100 }, 4), 16);
  assert.equal(pace.left({ stage: 'b', done: 0, total: 50 }, 5), null);
  assert.equal(pace.left({ stage: 'b', done: 0, total: 50 }, 50), null);
});

test('the address names what is looked for', () => {
  for (const route of [
    { ...HOME, view: /** @type {'duplicates'} */ ('duplicates') },
    { ...HOME, view: /** @type {'duplicates'} */ ('duplicates'), scope: '/out/a b' },
    { ...HOME, view: /** @type {'duplicates'} */ ('duplicates'), job: 'f00' },
  ])
    assert.deepEqual(parseHash(formatHash(route)), route);
});
