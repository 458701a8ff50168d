import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FolderCovers } from '../../javascript/gallery/grid/folder-covers.mjs';
import { settled } from './fakes.mjs';

/** @param {string[]} names */
const files = (names) =>
  names.map((name) => ({
    type: 'file',
    name,
    fullpath: `/out/${name}`,
    date: '',
    bytes: 1,
    size: '1 B',
  }));

/** A server that answers when it is told to. */
function held() {
  /** @type {{paths: string[], signal: AbortSignal, answer: (names: string[]) => void}[]} */
  const requests = [];
  const covers = (/** @type {string[]} */ paths, /** @type {AbortSignal} */ signal) =>
    new Promise((resolve) => {
      const answer = (/** @type {string[]} */ names) => resolve({ [paths[0]]: files(names) });
      requests.push({ paths, signal, answer });
    });
  const folderCounts = async (/** @type {string[]} */ paths) => ({ [paths[0]]: 7 });
  const api = /** @type {any} */ ({ covers, folderCounts });
  return { requests, kept: new FolderCovers(api, () => {}) };
}

/** @param {FolderCovers} kept @param {string} folder */
const shown = (kept, folder) => kept.find(folder)?.map(({ name }) => name) ?? null;

test('covers of files that went elsewhere are asked for again, and no others', async () => {
  const { kept, requests } = held();
  for (const [folder, name] of [
    ['/out/keep', 'a.png'],
    ['/out/best', 'b.png'],
  ]) {
    kept.want([folder]);
    requests[requests.length - 1].answer([name]);
    await settled();
  }
  kept.forget((path) => path === '/out/a.png');
  assert.deepEqual([shown(kept, '/out/keep'), shown(kept, '/out/best')], [null, ['b.png']]);
  kept.want(['/out/keep', '/out/best']);
  assert.deepEqual(requests[2].paths, ['/out/keep']);
});

test('an answer from before files went elsewhere is not believed', async () => {
  const { kept, requests } = held();
  kept.want(['/out/keep']);
  kept.forget((path) => path === '/out/a.png');
  assert.ok(requests[0].signal.aborted);
  requests[0].answer(['a.png']);
  await settled();
  kept.want(['/out/keep']);
  requests[1].answer(['c.png']);
  await settled();
  assert.deepEqual(shown(kept, '/out/keep'), ['c.png']);
});

test('with the covers comes the number of files', async () => {
  const { kept, requests } = held();
  kept.want(['/out/keep']);
  assert.equal(kept.count('/out/keep'), null);
  requests[0].answer(['a.png']);
  await settled();
  assert.equal(kept.count('/out/keep'), 7);
});
