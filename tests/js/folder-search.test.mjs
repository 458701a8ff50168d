import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FolderSearch } from '../../javascript/gallery/folders/folder-search.mjs';

/** Names of what is below each folder; 'null': the roots. @type {Record<string, string[]>} */
const TREE = {
  null: ['/a', '/b'],
  '/a': ['/a/sea', '/a/land', '/a/sky'],
  '/a/land': ['/a/land/Seaside'],
  '/a/sky': ['/a/sky/x'],
  '/a/sky/x': ['/a/sky/x/deep'],
  '/b': ['/b/sea'],
};

function make() {
  /** @type {(string|null)[]} */
  const asked = [];
  const search = new FolderSearch(async (path) => {
    asked.push(path);
    const paths = TREE[String(path)] ?? [];
    return {
      folders: paths.map((one) => ({ path: one, name: one.split('/').at(-1) ?? '' })),
      problem: '',
    };
  });
  /** @param {string} needle @param {(string|null)[]} starts */
  const find = async (needle, starts, signal = new AbortController().signal) => {
    /** @type {string[][]} */
    const told = [];
    await search.find(needle, starts, (found) => told.push(found.map(({ path }) => path)), signal);
    return told;
  };
  return { asked, find };
}

test('all folders are searched, those near to the first one first', async () => {
  const { find } = make();
  const told = await find('sea', ['/a/land', '/a', null]);
  assert.deepEqual(told.at(-1), ['/a/land/Seaside', '/a/sea', '/b/sea']);
  assert.ok(told.length > 1, 'what is near is told before all is searched');
  assert.deepEqual((await find('deep', [null])).at(-1), ['/a/sky/x/deep']);
  assert.deepEqual(await find('nothing', [null]), []);
});

test('what was listed once is not asked for again', async () => {
  const { asked, find } = make();
  await find('sea', [null]);
  const before = asked.length;
  await find('land', ['/a', null]);
  assert.deepEqual([asked.length, new Set(asked).size], [before, before]);
});

test('a search that was given up tells nothing more', async () => {
  const { find } = make();
  assert.deepEqual(await find('sea', [null], AbortSignal.abort()), []);
});
