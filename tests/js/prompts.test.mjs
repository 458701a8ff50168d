import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS, fits } from '../../javascript/gallery/lib/commands.mjs';
import { differentRows, differentTerms } from '../../javascript/gallery/lib/difference.mjs';
import { marksIn, needlesOf } from '../../javascript/gallery/lib/needles.mjs';
import { parameterRows } from '../../javascript/gallery/lib/parameters.mjs';
import { terms } from '../../javascript/gallery/lib/prompt.mjs';

const marked = (query, text) =>
  marksIn(text, needlesOf(query)).map(({ start, end }) => text.slice(start, end));

test('what a query found is marked, and nothing that it left out or that is no text', () => {
  assert.deepEqual(marked('fox snow', 'A red Fox in the snow, foxes'), ['Fox', 'snow', 'fox']);
  assert.deepEqual(
    marked('"red fox" -blurry steps:20..30 date:2025-03', 'red fox, blurry, 20, 2025-03'),
    ['red fox'],
  );
  assert.deepEqual(marked('prompt:fox OR lora:"my lora"', 'fox or <lora:My LoRA:1>'), [
    'fox',
    'My LoRA',
  ]);
  assert.deepEqual(marked('lora:"my lora">0.6 lora:tail<=1', 'my LoRA, tail 0.6'), [
    'my LoRA',
    'tail',
  ]);
  assert.deepEqual(marked('re:/fo+x\\b/ cat', 'foox foxes cat'), ['foox', 'cat']);
  assert.deepEqual(marked('re:/(/ a.b', 'a.b axb ('), ['a.b']);
  assert.deepEqual(marked('red "red fox" fox', 'red fox'), ['red fox']);
  assert.deepEqual(marked('', 'anything'), []);
  assert.deepEqual(marked('кот', 'КОТ и кот'), ['КОТ', 'кот']);
});

test('a prompt falls into terms that can be searched, and no character is lost', () => {
  const prompt = 'masterpiece, (red fox:1.3), [[snow]] at night\n<lora:storm:0.7> 50% "sale"';
  const found = terms(prompt, marksIn(prompt, needlesOf('fox')));
  assert.equal(found.flatMap((term) => term.pieces.map((piece) => piece.text)).join(''), prompt);
  assert.deepEqual(found.map((term) => term.search).filter(Boolean), [
    'masterpiece',
    'red fox',
    'snow]] at night',
    '50% sale',
  ]);
  assert.deepEqual(
    found.flatMap((term) =>
      term.pieces.filter((piece) => piece.marked).map((piece) => [piece.text, piece.weight]),
    ),
    [['fox', 1.3]],
  );
});

const line = (kind, text) =>
  differentTerms(...text)
    .filter((token) => token.kind === kind)
    .map((token) => token.text);

test('the difference of prompts is the fewest terms taken away and added', () => {
  assert.deepEqual(line('removed', ['a, b, c', 'a, x, c']), ['b']);
  assert.deepEqual(line('added', ['a, b, c', 'a, x, c']), ['x']);
  assert.deepEqual(line('same', ['a, b, c', 'a, x, c']), ['a', 'c']);
  assert.deepEqual(differentTerms('', 'a'), [{ text: 'a', kind: 'added' }]);
  const long = Array.from({ length: 3000 }, (_, i) => `t${i}`);
  assert.deepEqual(line('added', [long.join(','), [...long, 'new'].join(',')]), ['new']);
});

const info = (more) => ({
  prompt: '',
  negative_prompt: '',
  infotext: '',
  source: null,
  steps: 20,
  sampler: 'Euler a',
  scheduler: null,
  cfg_scale: 7,
  seed: 1,
  width: 512,
  height: 768,
  model: 'dream v1',
  model_hash: null,
  vae: null,
  loras: [],
  parameters: {},
  workflow: null,
  found_in: '',
  error: '',
  ...more,
});

test('only parameters that differ are told, those of one file too', () => {
  const rows = (more) => parameterRows(info(more), String);
  assert.deepEqual(
    differentRows(
      rows({ parameters: { Eta: '0.3' } }),
      rows({ seed: 2n ** 60n, parameters: { RNG: 'CPU' } }),
    ),
    [
      { label: 'param.seed', name: '', before: '1', after: '1152921504606846976' },
      { label: '', name: 'RNG', before: '', after: 'CPU' },
      { label: '', name: 'Eta', before: '0.3', after: '' },
    ],
  );
  assert.deepEqual(differentRows(rows({}), rows({})), []);
});

test('a parameter leads to others of its value', () => {
  const found = Object.fromEntries(
    parameterRows(info({}), String).map((row) => [row.label, row.search]),
  );
  assert.deepEqual(
    [found['param.model'], found['param.size'], found['param.seed']],
    ['model:"dream v1"', 'size:512x768', 'seed:1'],
  );
});

test('an action is offered only where it makes sense', () => {
  const names = (extent) =>
    COMMANDS.filter((command) => fits(command, extent)).map((command) => command.name);
  assert.deepEqual(names({ count: 0, folders: 0, readOnly: false }), []);
  assert.ok(names({ count: 1, folders: 0, readOnly: false }).includes('rename'));
  const two = names({ count: 2, folders: 0, readOnly: false });
  assert.ok(two.includes('compare') && !two.includes('rename'));
  assert.ok(!names({ count: 2, folders: 1, readOnly: false }).includes('copyPrompt'));
  for (const [count, folders, can] of [
    [1, 0, false],
    [2, 0, true],
    [1, 1, true],
    [3, 2, true],
  ]) {
    assert.equal(
      names({ count, folders, readOnly: false }).includes('organise'),
      can,
      `${count} ${folders}`,
    );
  }
  const reading = names({ count: 1, folders: 0, readOnly: true });
  assert.ok(
    reading.includes('copyPath') &&
      !reading.some((name) => ['delete', 'move', 'rename', 'copyTo', 'editText'].includes(name)),
  );
});
