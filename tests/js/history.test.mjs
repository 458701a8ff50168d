import assert from 'node:assert/strict';
import { test } from 'node:test';
import { subjectOf } from '../../javascript/gallery/lib/history.mjs';

test('what an operation was about stands behind the colon', () => {
  assert.equal(subjectOf('Moved 3 items: /out/b'), '/out/b');
  assert.equal(subjectOf('Renamed 1 item: /a: b -> c'), '/a: b -> c');
  assert.equal(subjectOf('Moved 2 items: C:\\out'), 'C:\\out');
  assert.equal(subjectOf('Deleted 2 items'), '');
});
