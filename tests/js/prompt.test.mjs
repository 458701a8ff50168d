import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pieces, terms } from '../../javascript/gallery/lib/prompt.mjs';

const weights = (prompt) => pieces(prompt).map((piece) => [piece.text, piece.weight]);

const table = [
  ['a cat', [['a cat', 1]]],
  [
    'a (cat)',
    [
      ['a ', 1],
      ['(cat)', 1.1],
    ],
  ],
  [
    'a (cat:1.3), b',
    [
      ['a ', 1],
      ['(cat:1.3)', 1.3],
      [', b', 1],
    ],
  ],
  ['[fog]', [['[fog]', 0.909]]],
  ['\\(not a weight\\)', [['\\(not a weight\\)', 1]]],
  ['never closed (', [['never closed (', 1]]],
  ['(ratio 16:9)', [['(ratio 16:9)', 9]]],
  ['', []],
];
for (const [prompt, wanted] of table) {
  test(`weights of ${JSON.stringify(prompt)}`, () => assert.deepEqual(weights(prompt), wanted));
}

test('brackets inside brackets multiply', () => {
  assert.deepEqual(
    weights('((x))').map(([, weight]) => weight),
    [1.1, 1.21, 1.1],
  );
});

test('LoRA tags are pieces of their own, with names as they are', () => {
  const found = pieces('a, <lora:My LoRA (v1):0.8>, <lora:plain>').filter(
    (piece) => piece.lora !== null,
  );
  assert.deepEqual(
    found.map((piece) => [piece.lora, piece.weight]),
    [
      ['My LoRA (v1)', 0.8],
      ['plain', 1],
    ],
  );
});

test('the pieces hold every character of the prompt', () => {
  const prompt = 'a (b:1.2) [[c]] <lora:x:1> ) ] ((d) \\( <not a tag> 🙂 “quotes”';
  assert.equal(
    pieces(prompt)
      .map((piece) => piece.text)
      .join(''),
    prompt,
  );
});

test('terms are what stands between commas and lines, without brackets and weights', () => {
  const found = terms(' a  cat , (b:1.2)\n\n[c] ,, <lora:x:1>, d', []);
  assert.deepEqual(found.map((term) => term.search).filter(Boolean), ['a  cat', 'b', 'c', 'd']);
  assert.equal(
    found
      .flatMap((term) => term.pieces)
      .map((piece) => piece.text)
      .join(''),
    ' a  cat , (b:1.2)\n\n[c] ,, <lora:x:1>, d',
  );
});

test('the terms of a hostile prompt cost no time', () => {
  const started = performance.now();
  for (const part of [' ', ')', '1', ':', ', ', '\n ', '(', 'a) ']) {
    for (const count of [19_990, 300_000]) terms(`x${part.repeat(count / part.length)}x`, []);
  }
  terms(`(a:${'1'.repeat(19_000)}x)`, []);
  assert.ok(performance.now() - started < 4000);
});

test('a hostile prompt costs no time', () => {
  const started = process.cpuUsage(); // not the clock: the machine may be busy with other tests
  for (const prompt of [
    '('.repeat(19_000) + ')'.repeat(900),
    '(a)'.repeat(6000),
    '<lora:'.repeat(3000),
    '('.repeat(1_000_000),
  ])
    pieces(prompt);
  const { user, system } = process.cpuUsage(started);
  assert.ok(user + system < 2_000_000);
});
