import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../javascript/gallery/api/transport.mjs';
import { open } from './fakes.mjs';

/** @param {Awaited<ReturnType<typeof open>>['server']} server */
function addTwo(server) {
  server.names = ['x.png', 'y.png', ...server.names];
  server.change += 1;
}

test('what changed while the page was opened is looked at too', async () => {
  const { parts, server } = await open('#/library');
  let followed = 0;
  parts.libraryRoots.follow = () => {
    followed += 1;
  };
  server.change += 1;
  await parts.poll.look();
  await parts.poll.look();
  assert.equal(followed, 1);
});

test('nothing is asked of the library while the index is the same', async () => {
  const { parts, server } = await open('#/library');
  await parts.poll.look();
  assert.equal(server.requests('changes').length, 1);
  assert.equal(server.requests('timeline').length, 1);
});

test('new files are shown at once where nothing would move', async () => {
  const { parts, server, shown } = await open('#/library');
  addTwo(server);
  await parts.poll.look();
  assert.equal(shown().length, 5);
  assert.equal(parts.store.state.fresh, 0);
});

test('new files wait while the user looks at something further below', async () => {
  const { grid, parts, server, shown } = await open('#/library');
  grid.at = { index: 2, offset: 0 };
  addTwo(server);
  await parts.poll.look();
  assert.deepEqual([shown().length, parts.store.state.fresh], [3, 2]);
  await parts.poll.look();
  assert.equal(server.requests('timeline').length, 2, 'what waits is as new as the index');
  await parts.library.showNewest();
  assert.deepEqual([shown().length, parts.store.state.fresh], [5, 0]);
});

test('new files wait while something is selected', async () => {
  const { parts, server, shown } = await open('#/library');
  parts.selection.toggle(0);
  addTwo(server);
  await parts.poll.look();
  assert.deepEqual([shown().length, parts.store.state.fresh], [3, 2]);
});

test('a server that is lost, or no longer knows the user, is said until it answers again', async () => {
  const { parts, server } = await open('#/library');
  server.answers.set('changes', new ApiError('', 0, 'Unreachable'));
  await parts.poll.look();
  assert.equal(parts.store.state.lost, 'unreachable');
  server.answers.set('changes', new ApiError('', 401, 'LoginRequired'));
  await parts.poll.look();
  assert.equal(parts.store.state.lost, 'login');
  await parts.poll.look();
  assert.equal(parts.store.state.lost, null);
});

test('a folder is asked again only where it may be old', async () => {
  const { parts, server, shown } = await open('#/folder//out');
  await parts.refresh.ifStale();
  assert.equal(server.requests('listing').length, 1);
  parts.listings.outdate();
  server.names = ['a.png'];
  await parts.refresh.ifStale();
  assert.deepEqual([server.requests('listing').length, shown()], [2, ['a.png']]);
});

test('an update of the index is followed by a look at the library', async () => {
  const { parts, server, shown } = await open('#/library');
  addTwo(server);
  await parts.indexStatus.update();
  assert.equal(shown().length, 5);
});

test('what stands in place of the pictures goes once the server or the drive is back', async () => {
  const { parts, server } = await open('#/library');
  server.answers.set('settings', new ApiError('', 0, 'Unreachable'));
  await parts.retry();
  assert.equal(parts.store.state.problem?.kind, 'unreachable');
  server.answers.set('changes', new ApiError('', 0, 'Unreachable'));
  await parts.poll.look();
  assert.equal(parts.store.state.phase, 'problem');
  await parts.poll.look();
  assert.equal(parts.store.state.phase, 'ready');
});
