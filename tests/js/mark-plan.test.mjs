import assert from 'node:assert/strict';
import { test } from 'node:test';
import en from '../../javascript/gallery/i18n/en.mjs';
import { translator } from '../../javascript/gallery/lib/i18n.mjs';
import {
  NOTHING,
  changesOf,
  commonRating,
  countMarks,
  cycle,
  put,
  sentenceOf,
  stateOf,
  wantedOf,
} from '../../javascript/gallery/lib/mark-plan.mjs';

const FOX = { id: 1, name: 'fox', color: '' };
const SNOW = { id: 2, name: 'Snow', color: '' };
const BEST = { id: 3, name: 'Best' };
/** Three files, of which one has the tag, and two are in the album. */
const COUNTS = countMarks(
  [
    { tags: [FOX, SNOW], rating: 3, albums: [BEST] },
    { tags: [SNOW], rating: 3, albums: [BEST] },
  ],
  3,
);
const t = translator('en', en, en);

/** @param {string} name */
function mark(name) {
  const found = COUNTS.marks.find((one) => one.name === name);
  assert.ok(found);
  return found;
}

/** @param {import('../../javascript/gallery/lib/mark-plan.mjs').Wanted} wanted */
function sentence(wanted) {
  return sentenceOf(changesOf(COUNTS, wanted), t, String);
}

test('a file that the server does not know has no marks', () => {
  assert.deepEqual(
    COUNTS.marks.map(({ kind, name, count }) => [kind, name, count]),
    [
      ['album', 'Best', 2],
      ['tag', 'fox', 1],
      ['tag', 'Snow', 2],
    ],
  );
  assert.deepEqual(Object.fromEntries(COUNTS.ratings), { 0: 1, 3: 2 });
  assert.equal(commonRating(COUNTS), null);
  assert.equal(commonRating({ ...COUNTS, total: 2 }), 3);
});

test('a click on what some have leads to all, to none, and back', () => {
  let wanted = NOTHING;
  const states = [0, 1, 2, 3].map(() => {
    const state = wantedOf(mark('fox'), 3, wanted);
    wanted = cycle(mark('fox'), 3, wanted);
    return state;
  });
  assert.deepEqual(states, ['some', 'all', 'none', 'some']);
});

test('what all or none have is all or none', () => {
  const all = { ...mark('fox'), count: 3 };
  const none = { ...mark('fox'), count: 0 };
  assert.deepEqual([stateOf(all, 3), stateOf(none, 3)], ['all', 'none']);
  const removed = cycle(all, 3, NOTHING);
  assert.equal(wantedOf(all, 3, removed), 'none');
  assert.equal(wantedOf(all, 3, cycle(all, 3, removed)), 'all');
  const added = cycle(none, 3, NOTHING);
  assert.equal(wantedOf(none, 3, added), 'all');
  assert.equal(wantedOf(none, 3, cycle(none, 3, added)), 'none');
});

test('what is not touched, or is as before again, does not change', () => {
  assert.deepEqual(changesOf(COUNTS, NOTHING), []);
  const back = [1, 2, 3].reduce((wanted) => cycle(mark('fox'), 3, wanted), NOTHING);
  assert.deepEqual(changesOf(COUNTS, back), []);
  assert.deepEqual(
    changesOf({ ...COUNTS, ratings: new Map([[3, 3]]) }, { ...NOTHING, rating: 3 }),
    [],
  );
});

test('the changes are said in one line, with the files that change', () => {
  let wanted = put({ ...NOTHING, rating: 3 }, { kind: 'tag', name: 'FOX' }, 'all');
  wanted = put(wanted, mark('Best'), 'none');
  assert.equal(sentence(wanted), '+ fox on 2 files, 3 stars on 1, out of album Best: 2');
  assert.equal(sentence({ ...NOTHING, rating: 0 }), 'no stars on 2');
  assert.equal(sentence(put(NOTHING, mark('fox'), 'none')), '− fox on 1 file');
  assert.equal(sentence(put(NOTHING, mark('Best'), 'all')), 'into album Best: 1');
  assert.equal(sentence(NOTHING), '');
});
