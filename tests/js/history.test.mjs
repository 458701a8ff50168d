import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  byDay,
  entriesOf,
  hasMachines,
  partsOf,
  peopleOf,
  subjectOf,
} from '../../javascript/gallery/lib/history.mjs';

/** @param {Partial<import('../../javascript/gallery/lib/types.mjs').Operation>} how */
const operation = (how) => ({
  id: `operation ${how.time}`,
  kind: 'move',
  time: 0,
  state: 'done',
  count: 1,
  undoable: true,
  summary: 'Moved 1 item: /out/kept',
  message: '',
  user: '',
  machine: 'studio',
  ...how,
});

/** @param {Partial<import('../../javascript/gallery/lib/types.mjs').MarkChange>} how */
const marked = (how) => ({
  change_id: `change ${how.time}`,
  kind: /** @type {const} */ ('given'),
  about: /** @type {const} */ ('tag'),
  name: 'fox',
  rating: null,
  changed: 2,
  time: 0,
  undone: false,
  user: '',
  machine: 'studio',
  ...how,
});

test('what an operation was about stands behind the colon', () => {
  assert.equal(subjectOf('Moved 3 items: /out/b'), '/out/b');
  assert.equal(subjectOf('Renamed 1 item: /a: b -> c'), '/a: b -> c');
  assert.equal(subjectOf('Moved 2 items: C:\\out'), 'C:\\out');
  assert.equal(subjectOf('Deleted 2 items'), '');
});

test('operations and changes of marks are one list in the order of time', () => {
  const entries = entriesOf(
    [operation({ time: 40 }), operation({ time: 20 })],
    [marked({ time: 50 }), marked({ time: 30 }), marked({ time: 0 })],
    200,
  );
  assert.deepEqual(
    entries.map(({ id }) => id),
    ['change 50', 'operation 40', 'change 30', 'operation 20', 'change 0'],
  );
});

test('a list of operations that was cut off takes older changes of marks along', () => {
  const operations = [operation({ time: 40 }), operation({ time: 20 })];
  const entries = entriesOf(operations, [marked({ time: 30 }), marked({ time: 10 })], 2);
  assert.deepEqual(
    entries.map(({ time }) => time),
    [40, 30, 20],
  );
});

test('each kind of change has a sentence', () => {
  /** @type {[Partial<import('../../javascript/gallery/lib/types.mjs').MarkChange>, string][]} */
  const cases = [
    [{ about: 'tag', kind: 'given' }, 'tagged'],
    [{ about: 'tag', kind: 'removed' }, 'untagged'],
    [{ about: 'tag', kind: 'given', name: 'like' }, 'liked'],
    [{ about: 'tag', kind: 'removed', name: 'like' }, 'unliked'],
    [{ about: 'album', kind: 'given', name: 'like' }, 'inAlbum'],
    [{ about: 'album', kind: 'removed' }, 'outOfAlbum'],
    [{ about: 'rating', kind: 'rated', name: '', rating: 4 }, 'rated'],
    [{ about: 'rating', kind: 'rated', name: '', rating: 0 }, 'unrated'],
  ];
  for (const [how, what] of cases) assert.equal(entriesOf([], [marked(how)], 9)[0].what, what);
});

test('an operation names the folder that its files are in now, and no other', () => {
  const nameOf = (/** @type {string} */ kind, /** @type {string} */ summary) =>
    entriesOf([operation({ kind, summary })], [], 9)[0].name;
  assert.equal(nameOf('move', 'Moved 1 item: /out/kept/'), 'kept');
  assert.equal(nameOf('copy', 'Copied 1 item: C:\\out\\best'), 'best');
  assert.equal(nameOf('rename', 'Renamed 1 item: /out/a.png -> b.png'), '');
  assert.equal(nameOf('delete', 'Deleted 1 item'), '');
});

test('an operation leads to where its files or its folder are now, as far as that is known', () => {
  const placeOf = (
    /** @type {string} */ kind,
    /** @type {string} */ subject,
    /** @type {string} */ state = 'done',
  ) => entriesOf([operation({ kind, state, summary: `Done 1 item: ${subject}` })], [], 9)[0].place;
  const renamed = 'C:\\out\\a.png -> b.png';
  assert.deepEqual(placeOf('move', '/out/kept'), { path: '/out/kept', isFile: false });
  assert.equal(placeOf('move', '/out/kept', 'undone'), null);
  assert.deepEqual(placeOf('rename', renamed), { path: 'C:\\out\\b.png', isFile: true });
  assert.deepEqual(placeOf('rename', renamed, 'undone'), { path: 'C:\\out\\a.png', isFile: true });
  assert.deepEqual(placeOf('rename', '/out/x -> y'), { path: '/out/y', isFile: false });
  assert.deepEqual(placeOf('edit', '/out/a.png', 'undone'), { path: '/out/a.png', isFile: true });
  assert.equal(placeOf('delete', ''), null);
});

test('an operation that the page does not know is told by the line of the server', () => {
  const [entry] = entriesOf([operation({ kind: 'resize', summary: 'Resized 1 item' })], [], 9);
  assert.deepEqual([entry.what, entry.icon, entry.summary], ['', 'history', 'Resized 1 item']);
});

test('a change that changed nothing is no entry', () => {
  assert.deepEqual(entriesOf([], [marked({ kind: 'rated', rating: 0, changed: 0 })], 9), []);
});

test('the machine is told where there are several', () => {
  const told = (/** @type {string[]} */ ...machines) =>
    hasMachines(
      entriesOf(
        machines.map((machine, time) => operation({ machine, time })),
        [],
        9,
      ),
    );
  assert.equal(told('studio', 'studio'), false);
  assert.equal(told('studio', ''), false);
  assert.equal(told('studio', 'laptop'), true);
});

test('a sentence knows which of its parts are values', () => {
  const write = (/** @type {Record<string, string>} */ { name, user }) => `${user} made ${name}!`;
  const parts = partsOf(write, { name: 'a {user}', user: 'Anna' });
  assert.deepEqual(
    parts.map(({ text, field }) => (field ? `<${field}: ${text}>` : text)),
    ['<user: Anna>', ' made ', '<name: a {user}>', '!'],
  );
});

test('entries are put together by day; those without a time come last', () => {
  const noon = new Date(2026, 2, 14, 12).getTime() / 1000;
  const times = [noon + 3600, noon, noon - 86_400, 0];
  const days = byDay(
    entriesOf(
      times.filter(Boolean).map((time) => operation({ time })),
      [marked({ time: 0 })],
      9,
    ),
  );
  assert.deepEqual(
    days.map(({ entries }) => entries.length),
    [2, 1, 1],
  );
  assert.equal(days[0].start, new Date(2026, 2, 14).getTime() / 1000);
  assert.equal(days[2].start, null);
});

test('there is a choice of people where not all was done by the same one', () => {
  const people = (/** @type {string[]} */ ...users) =>
    peopleOf(
      entriesOf(
        users.map((user, time) => operation({ time, user })),
        [],
        9,
      ),
    );
  assert.deepEqual(people('', ''), []);
  assert.deepEqual(people('Anna', 'Anna'), []);
  assert.deepEqual(people('Anna', ''), ['Anna']);
  assert.deepEqual(people('ben', 'Anna', 'ben'), ['Anna', 'ben']);
});
