import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conditionsOf, ruleOf, withoutNumber } from '../../javascript/gallery/lib/rules.mjs';

test('a rule becomes lines of a form, and again a rule', () => {
  const rule = { tag: 'x', match: { prompt: ['fox', 'wolf'], width: '>=512' } };
  const lines = conditionsOf(rule);
  assert.deepEqual(lines, [
    { field: 'prompt', value: 'fox' },
    { field: 'prompt', value: 'wolf' },
    { field: 'width', value: '>=512' },
  ]);
  assert.deepEqual(ruleOf(' x ', lines), rule);
  assert.deepEqual(ruleOf('x', lines, false), { ...rule, enabled: false });
  assert.deepEqual(conditionsOf({ tag: 'x', match: { width: 512 } }), [
    { field: 'width', value: '512' },
  ]);
});

test('a form that says nothing is no rule', () => {
  assert.equal(ruleOf('x', [{ field: 'prompt', value: ' ' }]), null);
  assert.equal(ruleOf(' ', [{ field: 'prompt', value: 'fox' }]), null);
});

test('the number of a rule means nothing in its form', () => {
  assert.equal(withoutNumber("Autotag rule 1: 'width': no."), "'width': no.");
});
