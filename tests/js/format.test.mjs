import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contrast, parseColor, readableOn } from '../../javascript/gallery/lib/color.mjs';
import { formatsFor, localeFor } from '../../javascript/gallery/lib/format.mjs';
import {
  extension,
  isDecodable,
  kindOf,
  thumbnailSize,
} from '../../javascript/gallery/lib/media.mjs';
import { grouped, parameterRows } from '../../javascript/gallery/lib/parameters.mjs';
import { problemOf } from '../../javascript/gallery/lib/problems.mjs';

const british = formatsFor('en-GB', 'UTC');

const sizes = [
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 KB'],
  [1258291, '1.2 MB'],
  [10 * 1024, '10 KB'],
  [1023 * 1024, '1 MB'],
  [5.25 * 1024 ** 3, '5.3 GB'],
];
for (const [value, text] of sizes) {
  test(`${value} bytes are ${text}`, () => assert.equal(british.bytes(value), text));
}

test('numbers and dates are written as people of the language do', () => {
  assert.equal(british.number(12431), '12,431');
  assert.equal(british.dateTime(Date.UTC(2025, 2, 14, 18, 3) / 1000), '14 March 2025, 18:03');
  assert.equal(british.shortDateTime(Date.UTC(2025, 2, 14, 18, 3) / 1000), '14 Mar 2025, 18:03');
  assert.equal(british.shortDateTime(0), '');
  assert.equal(formatsFor('de', 'UTC').bytes(1258291), '1,2 MB');
  assert.equal(british.date(0), '');
});

test('the region of the browser counts where it speaks the language of the page', () => {
  assert.equal(localeFor('de', ['en-US', 'de-AT']), 'de-AT');
  assert.equal(localeFor('ja', ['en-US']), 'ja');
});

test('kinds come from extensions', () => {
  assert.deepEqual(['a.PNG', 'b.webm', 'c.flac', 'd.txt', '.png', 'none'].map(kindOf), [
    'image',
    'video',
    'audio',
    'other',
    'other',
    'other',
  ]);
  assert.equal(extension('a.b.JPeG'), 'jpeg');
  assert.ok(isDecodable('a.png') && !isDecodable('a.heic'));
});

test('thumbnails come in three sizes, by the pixels of the tile', () => {
  const tiles = [
    [120, 1],
    [184, 1],
    [260, 1],
    [184, 2],
    [360, 1],
    [360, 2],
    [360, 3],
  ];
  assert.deepEqual(
    tiles.map(([width, ratio]) => thumbnailSize(width, ratio)),
    [256, 256, 512, 512, 512, 1024, 1024],
  );
});

test('an accent of the host is moved until it can be read', () => {
  assert.deepEqual(parseColor('#f97316'), [249, 115, 22]);
  assert.deepEqual(parseColor(' #fff '), [255, 255, 255]);
  assert.deepEqual(parseColor('rgb(1, 2, 3)'), [1, 2, 3]);
  assert.equal(parseColor('url(x)'), null);
  for (const background of [
    [28, 28, 30],
    [250, 250, 249],
  ]) {
    for (const accent of [
      [249, 115, 22],
      [0, 0, 0],
      [255, 255, 255],
      [59, 130, 246],
    ]) {
      assert.ok(contrast(readableOn(accent, background, 4.5), background) >= 4.5);
    }
  }
});

const info = {
  prompt: 'a',
  negative_prompt: '',
  infotext: '',
  source: 'A1111',
  steps: 28,
  sampler: 'Euler a',
  scheduler: null,
  cfg_scale: 7,
  seed: 1234567890,
  width: 512,
  height: 768,
  model: 'dream',
  model_hash: 'abc',
  vae: null,
  loras: [],
  workflow: null,
  found_in: '',
  error: '',
  parameters: { 'Clip skip': '2', 'CFG scale': '7', Model: 'dream', Empty: '' },
};

test('parameters come in one order, none twice, the seed without separators', () => {
  assert.deepEqual(
    parameterRows(info, british.number).map((row) => [row.label || row.name, row.value]),
    [
      ['param.model', 'dream'],
      ['param.hash', 'abc'],
      ['param.sampler', 'Euler a'],
      ['param.steps', '28'],
      ['param.cfg', '7'],
      ['param.seed', '1234567890'],
      ['param.size', '512 × 768'],
      ['param.source', 'A1111'],
      ['Clip skip', '2'],
    ],
  );
});

const roots = [
  { path: '/out', name: 'out', online: true },
  { path: '/nas', name: 'nas', online: false },
  { path: '/later', name: 'later', online: false, not_made: true },
];
for (const [status, folder, kind, action] of [
  [0, '/out', 'unreachable', 'retry'],
  [401, '/out', 'login', 'reload'],
  [404, '/nas/x', 'offline', 'retry'],
  [404, '/later', 'not-made', 'retry'],
  [404, '/out', 'offline', 'retry'],
  [403, '/etc', 'denied', 'home'],
  [404, '/out/gone', 'missing', 'home'],
  [500, '/out', 'failed', 'retry'],
]) {
  test(`status ${status} for ${folder} is ${kind}`, () => {
    const problem = problemOf({ status, code: '', message: 'why' }, folder, roots);
    assert.deepEqual([problem.kind, problem.action], [kind, action]);
  });
}

test('parameters are grouped by what they tell of, and those of later passes come last', () => {
  const info = {
    prompt: 'a fox',
    negative_prompt: '',
    infotext: '',
    source: 'ComfyUI',
    steps: 4,
    sampler: 'euler',
    scheduler: null,
    cfg_scale: 1,
    seed: 9,
    width: 640,
    height: 480,
    model: 'high',
    model_hash: null,
    vae: null,
    models: ['high', 'low'],
    loras: [],
    workflow: null,
    found_in: '',
    error: '',
    parameters: {
      'Pass 2': 'KSampler',
      Frames: '81',
      'ControlNet 2': 'pose',
      'Hires upscale': '2',
      Eta: '0.3',
      'Prompt written by': 'TextGenerate',
    },
  };
  const found = grouped(parameterRows(info, british.number)).map(({ group, rows }) => [
    group,
    rows.map((row) => row.label || row.name),
  ]);
  assert.deepEqual(found, [
    ['what', ['param.size', 'param.source', 'Prompt written by']],
    ['how', ['param.sampler', 'param.steps', 'param.cfg', 'param.seed']],
    ['with', ['param.model', 'Model 2', 'ControlNet 2']],
    ['video', ['Frames']],
    ['other', ['Eta']],
    ['passes', ['Pass 2', 'Hires upscale']],
  ]);
});

test('a preview of another file is no picture of its own', () => {
  assert.deepEqual(
    ['a.swarmpreview.jpg', 'a.swarmpreview.WEBP', 'a.preview.jpg', 'b.exr', 'c.svg'].map(kindOf),
    ['other', 'other', 'image', 'image', 'image'],
  );
  assert.deepEqual(['b.exr', 'c.svg', 'd.png'].map(isDecodable), [false, false, true]);
});
