import assert from 'node:assert/strict';
import { test } from 'node:test';
import en from '../../javascript/gallery/i18n/en.mjs';
import { translator } from '../../javascript/gallery/lib/i18n.mjs';
import {
  actionFor,
  begins,
  bound,
  keyName,
  meet,
  sheet,
  SHORTCUTS,
} from '../../javascript/gallery/lib/keys.mjs';
import { assign, canChange, refusal } from '../../javascript/gallery/lib/remapping.mjs';
import { keyOf, keyWords } from '../../javascript/gallery/ui/key-words.mjs';

const press = (key, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, ...more });
const first = bound({});
const keysOf = (rows, action) => rows.find((row) => row.action === action).keys;

test('a key means what the table says, here and nowhere else', () => {
  const means = (event, scope) => actionFor(first, event, scope);
  assert.equal(means(press('ArrowLeft'), 'grid'), 'left');
  assert.equal(means(press('ArrowLeft'), 'viewer'), 'previous');
  assert.equal(means(press('I'), 'grid'), 'info');
  assert.equal(means(press('i', { ctrlKey: true }), 'grid'), null);
  assert.equal(means(press('a', { metaKey: true }), 'grid'), 'selectAll');
  assert.equal(means(press('x'), 'viewer'), null);
  assert.equal(keyName(press('ArrowLeft', { altKey: true })), 'Alt+ArrowLeft');
  assert.equal(means(press('M', { shiftKey: true }), 'grid'), 'copyTo');
  assert.equal(means(press('?', { shiftKey: true }), 'grid'), 'help');
  assert.equal(means(press('ArrowLeft', { shiftKey: true }), 'grid'), 'left');
});

test('no key of the table means two things', () => {
  for (const [i, row] of SHORTCUTS.entries()) {
    for (const other of SHORTCUTS.slice(i + 1)) {
      assert.notEqual(row.action, other.action);
      if (meet(row, other))
        assert.deepEqual(
          row.keys.filter((key) => other.keys.includes(key)),
          [],
          `${row.action} ${other.action}`,
        );
    }
  }
});

test('the sheet gathers the keys of one meaning', () => {
  const { label, rows } = sheet(first, 'grid')[0];
  assert.deepEqual(
    [label, rows.flatMap(({ keys }) => keys)],
    ['keys.move', ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']],
  );
});

test('a free key is taken, and only what differs is kept', () => {
  const { own } = assign({}, { action: 'move', at: 0 }, 'q');
  assert.deepEqual(own, { move: ['q'] });
  const rows = bound(own);
  assert.equal(actionFor(rows, press('q'), 'grid'), 'move');
  assert.equal(actionFor(rows, press('m'), 'grid'), null);
  assert.deepEqual(assign(own, { action: 'move', at: 0 }, 'm'), { own: {} });
  assert.deepEqual(assign({}, { action: 'open', at: 1 }, 'q').own, { open: ['Enter', 'q'] });
});

test('a key that is taken names its holder, and both can be exchanged', () => {
  const { holder, swapped } = assign({}, { action: 'move', at: 0 }, 'l');
  assert.equal(holder.action, 'like');
  assert.deepEqual(swapped, { move: ['l'], like: ['m'] });
  assert.deepEqual(assign(swapped, { action: 'like', at: 0 }, 'l').swapped, {}, 'and back');
});

test('a key of the viewer does not stand in the way of the grid', () => {
  assert.deepEqual(assign({}, { action: 'select', at: 0 }, 'z').own, { select: ['z'] });
});

test('keys are not exchanged where a third action would lose its own', () => {
  // The info has its key in the viewer too, where r turns the picture: what the info would get
  // instead is taken there.
  const own = { select: ['r'] };
  const { holder, swapped } = assign(own, { action: 'select', at: 0 }, 'i');
  assert.deepEqual([holder.action, swapped], ['info', null]);
  assert.equal(
    assign({}, { action: 'help', at: 0 }, 'v').swapped,
    null,
    'two have it: one in the grid, one in the viewer',
  );
  assert.equal(assign({}, { action: 'open', at: 0 }, ' ').swapped, null, 'its own other key');
});

test('what begins commands of two keys is no command of its own', () => {
  assert.deepEqual(
    [begins(first, 'g', 'grid'), begins(first, 'g', 'viewer'), begins(first, 'd', 'grid')],
    [true, false, false],
  );
  assert.deepEqual(
    [
      assign({}, { action: 'select', at: 0 }, 'g').swapped,
      assign({}, { action: 'date', at: 0 }, 'g l').swapped,
    ],
    [null, { date: ['g l'], library: ['g d'] }],
  );
  assert.deepEqual(assign({}, { action: 'date', at: 0 }, 'g x').own, { date: ['g x'] });
  assert.deepEqual(assign({}, { action: 'zoom', at: 0 }, 'g').own, { zoom: ['g'] });
});

test('what the browser needs stays with it, and what the page has can be had again', () => {
  assert.equal(refusal(press('Tab')), 'focus');
  for (const [key, more] of [
    ['t', { ctrlKey: true }],
    ['w', { metaKey: true }],
    ['ArrowLeft', { altKey: true }],
    ['F5'],
    ['F12'],
    ['F10'],
    ['Dead'],
    ['Process'],
    ['AudioVolumeUp'],
  ]) {
    assert.equal(refusal(press(key, more)), 'browser', key);
  }
  for (const [key, more] of [
    ['q'],
    ['Ä', { shiftKey: true }],
    ['+'],
    ['字'],
    ['F2'],
    ['F9'],
    ['Delete'],
    [' '],
    ['z', { ctrlKey: true }],
    ['F10', { shiftKey: true }],
  ]) {
    assert.equal(refusal(press(key, more)), null, key);
  }
  assert.deepEqual(
    ['Escape', 'Shift+Arrow', 'Shift+Drag', 'ArrowUp', 'Enter', '+'].map(canChange),
    [false, false, false, true, true, true],
  );
});

test('letters that move extend the selection with Shift, where they mean nothing else', () => {
  const rows = bound({ left: ['j'], up: ['m'], move: ['ArrowUp'] });
  assert.deepEqual(
    [
      actionFor(rows, press('J', { shiftKey: true }), 'grid'),
      actionFor(rows, press('M', { shiftKey: true }), 'grid'),
    ],
    ['left', 'copyTo'],
  );
});

test('a key of the user is not lost to an action that has it from the beginning', () => {
  const rows = bound({ select: ['l'], gone: ['q'] });
  assert.deepEqual(
    [keysOf(rows, 'select'), keysOf(rows, 'like'), actionFor(rows, press('l'), 'grid')],
    [['l'], [], 'select'],
  );
  assert.deepEqual(assign({ select: ['l'] }, { action: 'like', at: 0 }, 'q').own, {
    select: ['l'],
    like: ['q'],
  });
});

test('keys are called what stands on them', () => {
  const t = translator('en', en, en);
  assert.deepEqual(
    ['ArrowUp', 'Shift+m', 'g d', ' ', '+', 'Shift+F10', 'Control+z', 'ß', 'g  '].map((key) =>
      keyWords(key, t),
    ),
    ['↑', 'Shift + M', 'G D', 'Space', '+', 'Shift + F10', 'Ctrl + Z', 'ß', 'G Space'],
  );
  assert.deepEqual([keyOf(bound({ move: ['q'] }), 'move', t), keyOf(first, 'goOn', t)], ['Q', '']);
});
