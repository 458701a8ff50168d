import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  choicesOf,
  choose,
  chosen,
  clear,
  countChosen,
  daysOf,
  leastStars,
  limitDays,
  toggle,
} from '../../javascript/gallery/lib/facets.mjs';
import { moveTerm, removeTerm } from '../../javascript/gallery/lib/query.mjs';

/** @typedef {import('../../javascript/gallery/lib/facets.mjs').FacetName} FacetName */

/** @type {[string, FacetName, string, string][]} */
const TOGGLES = [
  ['', 'model', 'model:=dream', 'model:=dream'],
  ['fox', 'model', 'model:=dream', 'fox model:=dream'],
  ['model:=dream fox', 'model', 'model:=flux', 'model:=dream OR model:=flux fox'],
  ['model:=dream OR model:=flux fox', 'model', 'model:=dream', 'model:=flux fox'],
  ['model:=dream fox', 'model', 'MODEL:=Dream', 'fox'],
  ['fox OR cat', 'sampler', 'sampler:="Euler a"', 'fox OR cat sampler:="Euler a"'],
  ['fox OR', 'model', 'model:=dream', 'fox model:=dream'],
  ['-model:=dream', 'model', 'model:=dream', '-model:=dream model:=dream'],
  ['model:dream', 'model', 'model:=dream', 'model:dream OR model:=dream'],
  ['fox OR model:=a', 'model', 'model:=b', 'fox OR model:=a model:=b'],
  ['rating:>=4', 'rating', 'rating:2', 'rating:>=4 OR rating:2'],
  ['rated:2', 'rating', 'rating:5', 'rated:2 OR rating:5'],
  [
    'model:=a OR model:=b sampler:=x OR sampler:=y',
    'sampler',
    'sampler:=x',
    'model:=a OR model:=b sampler:=y',
  ],
];
for (const [query, facet, term, expected] of TOGGLES) {
  test(`${term} in ${query || 'nothing'}`, () =>
    assert.equal(toggle(query, facet, term), expected));
}

test('what is chosen twice is chosen no longer', () => {
  for (const [query, facet, term] of TOGGLES.filter(([one]) => !/OR$/.test(one))) {
    const before = chosen(query, facet).length;
    const twice = toggle(toggle(query, facet, term), facet, term);
    assert.equal(chosen(twice, facet).length, before);
  }
});

test('stars and days take the place of all choices of their facet', () => {
  assert.equal(choose('fox rating:2 OR rating:3', 'rating', 'rating:>=4'), 'fox rating:>=4');
  assert.equal(choose('fox rating:>=4 -rating:5', 'rating', ''), 'fox -rating:5');
  assert.equal(leastStars('rating:>=4 fox'), 4);
  for (const query of ['rating:4', 'rating:>=4 rating:5', '-rating:>=4', 'rating:>=9', ''])
    assert.equal(leastStars(query), 0, query);
  assert.equal(limitDays('fox date:2025', '2025-03-01', ''), 'fox date:2025-03-01..');
  assert.equal(limitDays('', '2025-03-09', '2025-03-01'), 'date:2025-03-01..2025-03-09');
  assert.equal(limitDays('date:2025-03-01..', '', ''), '');
  assert.deepEqual(daysOf('date:..2025-03-09 fox'), { from: '', to: '2025-03-09' });
  assert.deepEqual(daysOf('date:2025-03'), { from: '', to: '' });
});

test('what is excluded is no choice, and stays when the choices go', () => {
  const query = 'fox model:=a OR model:=b -sampler:=x size:512x768 (lora:=y OR cat) type:video';
  assert.equal(countChosen(query), 3);
  assert.equal(clear(query), 'fox -sampler:=x (lora:=y OR cat)');
  assert.equal(clear(''), '');
});

test('chosen values that are not listed come first', () => {
  const values = [
    { value: 'flux', term: 'model:=flux', count: 7 },
    { value: 'dream 8', term: 'model:="dream 8"', count: 2 },
  ];
  const facet = { name: 'model', exact: true, more: false, values };
  assert.deepEqual(choicesOf('model:=gone OR model:="dream 8" model:dre', facet), [
    { name: 'gone', term: 'model:=gone', count: null, isChosen: true },
    { name: 'dre', term: 'model:dre', count: null, isChosen: true },
    { name: 'flux', term: 'model:=flux', count: 7, isChosen: false },
    { name: 'dream 8', term: 'model:="dream 8"', count: 2, isChosen: true },
  ]);
  const stars = { name: 'rating', exact: true, more: false, values: [] };
  assert.deepEqual(choicesOf('rating:>=4', stars), []);
});

test('lists of alternatives stay apart when a chip is removed', () => {
  const query = 'model:=a OR model:=b sampler:=x OR sampler:=y';
  assert.equal(removeTerm(query, 0), 'model:=b sampler:=x OR sampler:=y');
  assert.equal(removeTerm(query, query.indexOf('sampler:=y')), 'model:=a OR model:=b sampler:=x');
  assert.equal(
    moveTerm(`${query} fox`, query.length + 1, 'any'),
    'model:=a OR model:=b OR fox sampler:=x OR sampler:=y',
  );
});
