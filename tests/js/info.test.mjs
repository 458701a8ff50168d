import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open } from './fakes.mjs';

const settled = () =>
  new Promise((resolve) => {
    setTimeout(resolve, 250);
  });

test('the panel shows the file that is current, however it came there', async () => {
  const { parts, server } = await open('#/folder//out');
  parts.store.set({ infoInGrid: true });
  for (const [index, path] of ['/out/a.png', '/out/b.png', '/out/c.png'].entries()) {
    server.answers.set('generationInfo', { [path]: { prompt: path } });
    parts.display.setCurrent(index);
    await settled(); // eslint-disable-line no-await-in-loop
    assert.equal(parts.store.state.info?.prompt, path);
  }
  // Of a run over several files only the last one is asked for.
  const before = server.requests('generationInfo').length;
  for (const index of [0, 1, 2]) parts.display.setCurrent(index);
  await settled();
  assert.equal(parts.store.state.info?.prompt, '/out/c.png');
  assert.equal(server.requests('generationInfo').length, before);
});
