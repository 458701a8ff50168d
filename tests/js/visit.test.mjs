import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../javascript/gallery/api/transport.mjs';
import { initialState, resetState, stepTo } from '../../javascript/gallery/app/state.mjs';
import { HOME } from '../../javascript/gallery/lib/router.mjs';
import { FakeServer, open, settled } from './fakes.mjs';

const SORTED = {
  sort: /** @type {const} */ ('date'),
  order: /** @type {const} */ ('desc'),
  seed: 0,
};

test('an address is another place, the same place looked at in another way, or the same', () => {
  const start = initialState({ narrow: false }, SORTED);
  const there = { ...HOME, view: /** @type {const} */ ('library'), query: 'fox' };
  assert.equal(stepTo(start, there, SORTED), 'moved', 'nothing is shown yet');
  const state = {
    ...start,
    ...SORTED,
    ...resetState(there),
    phase: /** @type {const} */ ('ready'),
  };
  assert.equal(stepTo(state, there, SORTED), 'same');
  assert.equal(stepTo(state, { ...there, query: 'cat' }, SORTED), 'changed');
  assert.equal(stepTo(state, { ...there, scope: '/out' }, SORTED), 'changed');
  assert.equal(stepTo(state, there, { ...SORTED, order: 'asc' }), 'changed');
  assert.equal(stepTo(state, { ...there, view: 'folders' }, SORTED), 'moved');
  assert.equal(stepTo({ ...state, phase: 'problem' }, there, SORTED), 'moved');
});

test('a plan of another job is another place', () => {
  const start = initialState({ narrow: false }, SORTED);
  const route = { ...HOME, view: /** @type {const} */ ('organise'), job: 'j' };
  const plan = { job: 'j', told: null, after: /** @type {const} */ (''), error: '' };
  const state = {
    ...start,
    ...SORTED,
    ...resetState(route, { plan }),
    phase: /** @type {const} */ ('ready'),
  };
  assert.equal(stepTo(state, route, SORTED), 'same');
  assert.equal(stepTo(state, { ...route, job: 'k' }, SORTED), 'moved');
});

test('each address has its view, and what is shown before is left behind', async () => {
  const { parts, shown } = await open('#/folder//out');
  const {
    display,
    folders,
    library,
    navigation,
    page,
    plans,
    selection,
    similar,
    store,
    topics,
    trash,
  } = parts;
  assert.equal(display.view, folders);
  selection.toggle(0);
  store.set({ refused: 'x', fresh: 3 });
  navigation.home();
  await settled();
  assert.equal(display.view, library);
  const { current, fresh, refused, selection: selected } = store.state;
  assert.deepEqual([selected.keys.size, refused, fresh, current], [0, '', 0, -1]);
  assert.deepEqual(shown(), ['a.png', 'b.png', 'c.png']);
  /** @type {[Partial<typeof HOME>, unknown][]} */
  const views = [
    [{ view: 'tags' }, page],
    [{ view: 'topics' }, page],
    [{ view: 'topics', topic: 't' }, topics],
    [{ view: 'trash' }, trash],
    [{ view: 'graph' }, page],
    [{ view: 'similar', query: 'fox' }, similar],
    [{ view: 'similar', like: '/out/a.png' }, similar],
    [{ view: 'organise', job: 'j' }, plans],
    [{ view: 'folders', folder: '/out', walk: true }, library],
    [{ view: 'folders', folder: '/out' }, folders],
  ];
  for (const [route, view] of views) {
    navigation.go({ ...HOME, ...route });
    assert.ok(await shows(parts, view), JSON.stringify(route));
  }
});

/**
 * @param {import('../../javascript/gallery/app/parts.mjs').Parts} parts
 * @param {unknown} view
 */
async function shows({ display }, view) {
  for (let i = 0; i < 20 && display.view !== view; i += 1) await settled(1);
  return display.view === view;
}

test('going back shows the kept listing, without asking again', async () => {
  const { history, parts, server, shown } = await open('#/folder//out');
  parts.navigation.go({ ...HOME, view: 'albums' });
  await settled();
  assert.ok(!parts.display.view?.isGrid);
  history.back();
  await parts.visit();
  assert.deepEqual(shown(), ['a.png', 'b.png', 'c.png']);
  assert.equal(server.requests('listing').length, 1);
});

test('the page opens on the library, and on the folder where nothing is ever indexed', async () => {
  const full = await open('');
  assert.equal(full.parts.store.state.view, 'library');
  assert.equal(full.history.last.hash, '#/library');
  const empty = await open('', new FakeServer([]));
  assert.deepEqual(
    [empty.parts.store.state.view, empty.history.last.hash],
    ['library', '#/library'],
    'it may be indexed in a moment',
  );
  const browsed = new FakeServer([]);
  const roots = [{ path: '/out', name: 'out', online: true, type: 'walk' }];
  browsed.answers.set('settings', { ...browsed.answerTo('settings', []), roots });
  const walked = await open('', browsed);
  assert.deepEqual(
    [walked.parts.store.state.view, walked.parts.store.state.folder],
    ['folders', '/out'],
  );
  const server = new FakeServer(['a.png']);
  server.answers.set('timeline', new ApiError('', 404, ''));
  const without = await open('', server);
  assert.equal(without.parts.store.state.hasLibrary, false);
});

test('another order is the same place: nothing is asked of a folder that is known', async () => {
  const { parts, server, shown } = await open('#/folder//out');
  parts.display.setCurrent(0);
  parts.sort.change('name', 'desc');
  await settled();
  assert.deepEqual(shown(), ['c.png', 'b.png', 'a.png']);
  assert.equal(parts.display.currentItem?.name, 'a.png');
  assert.equal(server.requests('listing').length, 1);
});

test('a folder that cannot be read is a problem, and trying again shows it', async () => {
  const server = new FakeServer(['a.png']);
  server.answers.set('listing', new ApiError('No such folder.', 404, 'NotFound'));
  const { parts, shown } = await open('#/folder//out', server);
  assert.equal(parts.store.state.phase, 'problem');
  await parts.refresh.now();
  assert.deepEqual([parts.store.state.phase, shown()], ['ready', ['a.png']]);
});

test('a search is one step of the history', async () => {
  const { history, parts } = await open('#/folder//out');
  parts.search.run('fox');
  await settled();
  parts.search.run('fox cub');
  await settled();
  assert.deepEqual(
    history.entries.map(({ hash }) => hash),
    ['#/folder//out', '#/library?q=fox+cub'],
  );
  parts.search.run('');
  assert.equal(history.entries.length, 1);
});

test('a query that the server refuses is said beside the search, and nothing is lost', async () => {
  const { parts, server } = await open('#/library');
  server.answers.set('timeline', new ApiError('There is no field of this name.', 400, 'BadQuery'));
  parts.search.run('foo:bar');
  await settled();
  const { phase, refused } = parts.store.state;
  assert.deepEqual([phase, refused], ['ready', 'There is no field of this name.']);
});
