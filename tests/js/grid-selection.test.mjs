import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOTHING, size } from '../../javascript/gallery/lib/selection.mjs';
import { FakeServer, open } from './fakes.mjs';

const NAMES = ['a.png', 'b.png', 'c.png', 'd.png', 'e.png'];

/** @param {Awaited<ReturnType<typeof open>>['parts']} parts */
function selected({ store }) {
  return [...store.state.selection.keys.values()].map(({ name }) => name);
}

test('a range goes from where the last file was selected', async () => {
  const { parts } = await open('#/folder//out', new FakeServer(NAMES));
  parts.selection.toggle(1);
  await parts.selection.extendTo(3);
  assert.deepEqual(selected(parts), ['b.png', 'c.png', 'd.png']);
  await parts.selection.extendTo(0);
  assert.deepEqual(selected(parts).sort(), ['a.png', 'b.png', 'c.png', 'd.png']);
});

test('a range goes from the current item while nothing is selected', async () => {
  const { parts } = await open('#/folder//out', new FakeServer(NAMES));
  parts.display.setCurrent(2);
  await parts.selection.extendTo(4);
  assert.deepEqual(selected(parts), ['c.png', 'd.png', 'e.png']);
});

test('all files of a folder are named; of a large library their number is enough', async () => {
  const folder = await open('#/folder//out', new FakeServer(NAMES));
  await folder.parts.selection.all();
  assert.deepEqual(selected(folder.parts), NAMES);
  const many = Array.from({ length: 1500 }, (_, i) => `${i}.png`);
  const library = await open('#/library', new FakeServer(many));
  await library.parts.selection.all();
  const { selection } = library.parts.store.state;
  assert.deepEqual([size(selection), selection.keys.size], [1500, 0]);
  assert.deepEqual(await library.parts.subjects.current().about(), {
    query: { query: '', folder_paths: [], tz: Intl.DateTimeFormat().resolvedOptions().timeZone },
    expected_count: 1500,
  });
});

test('a box adds to what was selected before, or selects anew', async () => {
  const { parts } = await open('#/folder//out', new FakeServer(NAMES));
  parts.selection.toggle(0);
  const base = parts.store.state.selection;
  parts.selection.setBox([parts.display.item(2)], base);
  assert.deepEqual(selected(parts), ['a.png', 'c.png']);
  parts.selection.setBox([parts.display.item(3)], NOTHING);
  assert.deepEqual(selected(parts), ['d.png']);
  parts.selection.setBox([], NOTHING);
  assert.deepEqual(selected(parts), []);
});

test('files that are gone are selected no longer', async () => {
  const { parts } = await open('#/folder//out', new FakeServer(NAMES));
  await parts.selection.all();
  parts.selection.forget(['/out/b.png']);
  assert.deepEqual(selected(parts), ['a.png', 'c.png', 'd.png', 'e.png']);
});

test('roots cannot be selected', async () => {
  const server = new FakeServer(NAMES);
  const roots = ['/one', '/two'].map((path) => ({ path, name: path.slice(1), online: true }));
  server.answers.set('settings', {
    roots,
    is_readonly: false,
    delete_mode: 'trash',
    app_fe_setting: {},
  });
  const { parts, shown } = await open('#/folders', server);
  assert.deepEqual(shown(), ['one', 'two']);
  parts.selection.toggle(0);
  await parts.selection.all();
  assert.deepEqual(selected(parts), []);
});

test('what a key is about: the selection, else the current item, else nothing', async () => {
  const { parts } = await open('#/folder//out', new FakeServer(NAMES));
  assert.equal(parts.subjects.current().count, 0);
  parts.display.setCurrent(1);
  assert.equal(parts.subjects.current().first?.name, 'b.png');
  parts.selection.toggle(2);
  assert.deepEqual(parts.subjects.current().ownPaths, ['/out/c.png']);
  parts.store.set({ viewing: true });
  assert.equal(parts.subjects.current().first?.name, 'b.png');
});
