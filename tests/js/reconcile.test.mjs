import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open, settled } from './fakes.mjs';

test('files that are gone leave a folder before the server was asked again', async () => {
  const { parts, server, shown } = await open('#/folder//out');
  parts.reconciler.drop(['/out/b.png']);
  assert.deepEqual(shown(), ['a.png', 'c.png']);
  assert.ok(parts.reconciler.isAway('/out/b.png'));
  assert.equal(server.requests('listing').length, 1);
  server.names = ['a.png', 'c.png', 'd.png'];
  await parts.reconciler.refresh();
  assert.deepEqual(shown(), ['a.png', 'c.png', 'd.png']);
  assert.ok(!parts.reconciler.isAway('/out/b.png'));
});

test('a library is asked again at once', async () => {
  const { parts, server, shown } = await open('#/library');
  server.names = ['a.png', 'c.png'];
  parts.reconciler.drop(['/out/b.png']);
  await settled();
  assert.deepEqual(shown(), ['a.png', 'c.png']);
  assert.equal(server.requests('timeline').length, 2);
});

test('the item beside a file that is gone becomes the current one', async () => {
  const { parts } = await open('#/folder//out');
  parts.display.setCurrent(1);
  parts.reconciler.drop(['/out/b.png']);
  assert.equal(parts.display.currentItem?.name, 'c.png');
  parts.reconciler.drop(['/out/c.png']);
  assert.equal(parts.display.currentItem?.name, 'a.png');
});

test('a renamed file stays the current one', async () => {
  const { parts, server } = await open('#/folder//out');
  parts.display.setCurrent(0);
  server.names = ['b.png', 'c.png', 'z.png'];
  await parts.reconciler.refresh({ from: '/out/a.png', to: '/out/z.png' });
  assert.equal(parts.display.currentItem?.name, 'z.png');
});

test('one look is enough for all changes that come while one is under way', async () => {
  const { parts, server } = await open('#/folder//out');
  await Promise.all([1, 2, 3, 4].map(() => parts.reconciler.refresh()));
  assert.ok(
    server.requests('listing').length <= 3,
    'the first, and at most one under way and one after it',
  );
});

test('files on their way elsewhere are away until that is over', async () => {
  const { grid, parts } = await open('#/folder//out');
  const back = parts.reconciler.away((path) => path === '/out/a.png');
  assert.deepEqual(
    [parts.reconciler.isAway('/out/a.png'), parts.reconciler.isAway('/out/b.png')],
    [true, false],
  );
  assert.equal(grid.givenUp.length, 1);
  back();
  assert.ok(!parts.reconciler.isAway('/out/a.png'));
});

test('a page that shows no files looks for none', async () => {
  const { parts, server } = await open('#/albums');
  const before = server.asked.length;
  await parts.reconciler.refresh();
  assert.equal(server.asked.length, before);
  parts.navigation.go({ ...parts.display.route, view: 'trash' });
  await settled();
  await parts.reconciler.refresh();
  assert.equal(server.requests('trash').length, 2);
});
