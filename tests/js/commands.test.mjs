import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyActions } from '../../javascript/gallery/actions/key-actions.mjs';
import { COMMANDS } from '../../javascript/gallery/lib/commands.mjs';
import { FakeServer, open, settled } from './fakes.mjs';

test('every command of the table does something', async () => {
  const { parts } = await open('#/folder//out');
  for (const { name } of COMMANDS) assert.equal(typeof parts.commands.does[name], 'function', name);
});

test('a command runs only where it fits', async () => {
  const { parts } = await open('#/folder//out');
  const names = () => parts.commands.fitting(parts.subjects.current()).map(({ name }) => name);
  assert.ok(!names().includes('rename'), 'nothing is selected');
  parts.display.setCurrent(0);
  assert.ok(names().includes('rename') && !names().includes('compare'));
  parts.commands.run('rename');
  assert.equal(parts.store.state.dialog?.kind, 'rename');
  parts.store.set({ dialog: null, readOnly: true });
  parts.commands.run('rename');
  assert.equal(parts.store.state.dialog, null);
});

test('a key that does nothing here says why', async () => {
  const { parts } = await open('#/folder//out');
  const said = (/** @type {string} */ name) => {
    parts.toasts.clear();
    parts.commands.run(name);
    return parts.store.state.toast?.text ?? '';
  };
  assert.equal(said('move'), 'action.needs.some');
  parts.display.setCurrent(0);
  assert.equal(said('organise'), 'action.needs.many');
  assert.equal(said('compare'), 'action.needs.few');
  assert.equal(said('stackCover'), '', 'there are no stacks');
  parts.selection.toggle(0);
  parts.selection.toggle(1);
  assert.equal(said('editText'), 'action.needs.one');
  parts.store.set({ readOnly: true });
  assert.equal(said('delete'), 'library.readOnly.title');
  parts.toasts.clear();
});

test('two selected files can be compared', async () => {
  const { parts } = await open('#/folder//out');
  parts.selection.toggle(0);
  parts.selection.toggle(2);
  parts.commands.run('compare');
  const { dialog } = parts.store.state;
  assert.ok(dialog?.kind === 'compare');
  assert.deepEqual(
    dialog.items.map(({ name }) => name),
    ['a.png', 'c.png'],
  );
});

test('up to four selected files can be compared', async () => {
  const names = ['1.png', '2.png', '3.png', '4.png', '5.png'];
  const { parts } = await open('#/folder//out', new FakeServer(names));
  const isOffered = () =>
    parts.commands.fitting(parts.subjects.current()).some(({ name }) => name === 'compare');
  const offered = names.map((_, index) => {
    parts.selection.toggle(index);
    return isOffered();
  });
  assert.deepEqual(offered, [false, true, true, true, false]);
  parts.selection.toggle(4);
  parts.commands.run('compare');
  const { dialog } = parts.store.state;
  assert.ok(dialog?.kind === 'compare' && dialog.items.length === 4);
});

test('infotexts of more files than a clipboard takes are not asked for', async () => {
  const names = Array.from({ length: 1001 }, (_, i) => `${i}.png`);
  const { parts, server } = await open('#/folder//out', new FakeServer(names));
  await parts.selection.all();
  await parts.commands.run('copyPrompt');
  assert.equal(parts.store.state.toast?.text, 'copy.tooMany');
  assert.equal(server.requests('generationInfo').length, 0);
});

test('a rating is shown before the server has answered, and can be undone', async () => {
  const { parts, server } = await open('#/folder//out');
  parts.display.setCurrent(0);
  const item = parts.display.item(0);
  server.answers.set('rate', { updated: 1, errors: [], change_id: 'c1', changed: 1 });
  server.answers.set('undoMarks', { updated: 1 });
  const rated = parts.marks.rate(parts.subjects.current(), 4);
  assert.equal(parts.marks.of(item).rating, 4);
  await rated;
  server.answers.set('marks', { [item.path]: { tags: [], rating: 2, albums: [] } });
  await parts.undo.run();
  assert.deepEqual(
    server.requests('rate').map(([, rating]) => rating),
    [4],
  );
  assert.deepEqual(server.requests('undoMarks'), [['c1']]);
  assert.equal(parts.marks.of(item).rating, 2, 'as the server has it');
});

test('keys act on the grid, and on the page', async () => {
  const { parts } = await open('#/folder//out');
  const act = keyActions(parts);
  act('help');
  assert.ok(parts.store.state.help);
  act('select');
  assert.equal(parts.store.state.selection.keys.size, 0, 'there is no current item');
  parts.display.setCurrent(1);
  act('select');
  assert.equal(parts.store.state.selection.keys.size, 1);
  act('clear');
  assert.equal(parts.store.state.selection.keys.size, 0);
  act('undo');
  assert.equal(parts.store.state.toast?.text, 'action.nothingToUndo');
  act('library');
  await settled();
  assert.equal(parts.store.state.view, 'library');
});
