import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baseName, crumbs, isWithin, rootOf } from '../../javascript/gallery/lib/paths.mjs';
import { formatHash, HOME, parseHash } from '../../javascript/gallery/lib/router.mjs';

const folder = { ...HOME, view: 'folders' };
const library = { ...HOME, view: 'library' };
const routes = [
  HOME,
  folder,
  { ...folder, folder: '/home/ann/out' },
  {
    ...folder,
    folder: '/a b/50% of it/#1?x=2&y',
    sort: 'name',
    order: 'desc',
    open: '100% "a&b" #1?.png',
  },
  { ...folder, folder: 'D:\\stable diffusion\\outputs', sort: 'size', order: 'asc' },
  { ...folder, folder: '\\\\nas\\share', open: 'x.png' },
  { ...folder, folder: '/输出/图片', sort: 'date', open: '日本語.png' },
  { ...folder, folder: '/' },
  library,
  { ...HOME, view: 'topics', topic: 'a/b 1' },
  { ...HOME, view: 'graph' },
  { ...HOME, view: 'similar', query: 'a pet taking a nap', scope: '/out' },
  { ...HOME, view: 'similar', like: '/out/a & b.png', by: 'look' },
  { ...HOME, view: 'similar', like: '/out/a & b.png', by: 'content' },
  { ...HOME, view: 'similar', query: 'a red fox in snow', by: 'content' },
  { ...HOME, view: 'similar', by: 'content' },
  { ...library, scope: '/out/a b', media: 'video', sort: 'random', seed: 42 },
  { ...library, query: 'fox', sort: 'param:Clip skip', order: 'desc' },
  { ...folder, folder: '/out', walk: true },
  { ...folder, folder: '/out', compare: ['/out/a & b.png', 'D:\\c.png'] },
  { ...library, query: '"red fox" -blurry re:/a+b/ 50% & more #1', open: 'D:\\out\\a & b.png' },
];
for (const route of routes) {
  test(`an address leads back to ${JSON.stringify(route.folder ?? route.query)} in ${route.view}`, () =>
    assert.deepEqual(parseHash(formatHash(route)), route));
}

test('a folder can be read in the address', () => {
  assert.equal(formatHash({ ...folder, folder: '/home/ann/out' }), '#/folder//home/ann/out');
});

for (const hash of ['', '#', '#/', '#nonsense', '#/folder/', '#/folder', '#/other/x', '#/?q=fox']) {
  test(`${hash || 'no hash'} leads home`, () => assert.deepEqual(parseHash(hash), HOME));
}

test('what cannot be understood is left out', () => {
  assert.deepEqual(parseHash('#/folder/x?sort=colour&order=up&open='), { ...folder, folder: 'x' });
  assert.equal(parseHash('#/library?sort=param:').sort, null);
  assert.deepEqual(parseHash('#/folders?q=fox'), folder);
  assert.deepEqual(parseHash('#/folders?compare=/a.png'), folder);
  assert.equal(parseHash('#/folder/50%').folder, '50%');
});

const roots = [
  { path: '/lib/out', name: 'out', online: true },
  { path: '/lib/out/best', name: 'best', online: true },
  { path: 'D:\\out', name: 'out', online: true },
];

test('a folder belongs to the deepest root that holds it, by whole components', () => {
  assert.equal(rootOf('/lib/out/day', roots)?.path, '/lib/out');
  assert.equal(rootOf('/lib/out/best/1', roots)?.path, '/lib/out/best');
  assert.equal(rootOf('/lib/output', roots), null);
  assert.equal(rootOf('D:\\out\\x', roots)?.path, 'D:\\out');
  assert.ok(isWithin('/lib/out', '/lib/out/'));
});

const ways = [
  ['/lib/out', [['out', '/lib/out']]],
  [
    '/lib/out/a/b',
    [
      ['out', '/lib/out'],
      ['a', '/lib/out/a'],
      ['b', '/lib/out/a/b'],
    ],
  ],
  [
    'D:\\out\\a',
    [
      ['out', 'D:\\out'],
      ['a', 'D:\\out\\a'],
    ],
  ],
  [
    '/else/where',
    [
      ['else', '/else'],
      ['where', '/else/where'],
    ],
  ],
  [
    'E:\\x\\y',
    [
      ['E:', 'E:'],
      ['x', 'E:\\x'],
      ['y', 'E:\\x\\y'],
    ],
  ],
];
for (const [folder, wanted] of ways) {
  test(`the way to ${folder}`, () =>
    assert.deepEqual(
      crumbs(folder, roots).map(({ name, path }) => [name, path]),
      wanted,
    ));
}

test('the last component of a path', () => {
  assert.deepEqual(['/a/b.png', 'D:\\x\\y', '/a/b/', '/'].map(baseName), ['b.png', 'y', 'b', '/']);
});
