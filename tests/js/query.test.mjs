import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  fieldTerm,
  groupsOf,
  moveTerm,
  queryOf,
  removeTerm,
  terms,
} from '../../javascript/gallery/lib/query.mjs';

const groups = (/** @type {string} */ query) =>
  Object.values(groupsOf(query)).map((list) =>
    list.map((/** @type {{text: string}} */ term) => term.text),
  );

/** @type {[string, string[], string[], string[]][]} */
const queries = [
  ['', [], [], []],
  ['fox snow', ['fox', 'snow'], [], []],
  ['fox -blurry -model:x', ['fox'], [], ['blurry', 'model:x']],
  ['fox OR wolf cat', ['cat'], ['fox', 'wolf'], []],
  ['cat fox OR wolf OR "red bear" -dog', ['cat'], ['fox', 'wolf', '"red bear"'], ['dog']],
  ['model:"dream shaper" re:/a b\\/c/ x', ['model:"dream shaper"', 're:/a b\\/c/', 'x'], [], []],
  ['fox OR', [], ['fox'], []],
  ['"OR" a', ['"OR"', 'a'], [], []],
  ['steps:20..30 -re:/x/', ['steps:20..30'], [], ['re:/x/']],
  ['a - b', ['a', '-', 'b'], [], []],
];
for (const [query, all, any, none] of queries) {
  test(`terms of ${query || 'nothing'}`, () => assert.deepEqual(groups(query), [all, any, none]));
  test(`${query || 'nothing'} written out means the same`, () =>
    assert.deepEqual(groups(queryOf(groupsOf(query))), [all, any, none]));
}

// The server's tests/search/test_query.py reads these cases too.
/**
 * @typedef {{field: string, value: string, negated: boolean, isPattern: boolean, isGroup?: boolean}} Read
 * @type {{query: string, terms: Read[]}[]}
 */
const cases = JSON.parse(readFileSync(new URL('../search/queries.json', import.meta.url), 'utf8'));
for (const { query, terms: expected } of cases) {
  test(`${query || 'nothing'} is read as the server reads it`, () =>
    assert.deepEqual(
      terms(query).map(({ field, value, negated, isPattern, isGroup }) => ({
        field,
        value,
        negated,
        isPattern,
        ...(isGroup && { isGroup }),
      })),
      expected,
    ));
}

test('a term tells its field and value', () => {
  assert.deepEqual(
    terms('-Model:"a \\"b\\" c"').map(({ field, value, negated }) => [field, value, negated]),
    [['model', 'a "b" c', true]],
  );
});

test('terms move between all, any and none', () => {
  assert.equal(moveTerm('fox snow', 4, 'none'), 'fox -snow');
  assert.equal(moveTerm('fox snow', 4, 'any'), 'fox snow OR');
  assert.equal(moveTerm('fox snow OR', 0, 'any'), 'snow OR fox');
  assert.equal(moveTerm('fox -snow', 4, 'all'), 'fox snow');
  assert.equal(moveTerm('fox fox', 4, 'none'), 'fox -fox');
  assert.equal(removeTerm('fox -snow', 4), 'fox');
  assert.equal(removeTerm('fox OR snow cat', 0), 'cat snow OR');
});

test('a value is quoted where it has to be', () => {
  assert.deepEqual(
    [
      fieldTerm('model', 'dream'),
      fieldTerm('model', 'a b'),
      fieldTerm('tag', 'say "x"'),
      fieldTerm('', '-x'),
      fieldTerm('', 'OR'),
      fieldTerm('tag', '=_='),
      fieldTerm('tag', '= x'),
      fieldTerm('lora', 'odd:1'),
      fieldTerm('model', 'odd:1'),
    ],
    [
      'model:dream',
      'model:"a b"',
      'tag:"say \\"x\\""',
      '"-x"',
      '"OR"',
      'tag:==_=',
      'tag:="= x"',
      'lora:"odd:1"',
      'model:odd:1',
    ],
  );
});
