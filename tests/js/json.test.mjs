import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExact, stringifyExact } from '../../javascript/gallery/lib/json.mjs';

test('integers of every size come through exactly', () => {
  const text =
    '{"seed":18446744073709551615,"small":42,"negative":-9007199254740993,' +
    '"list":[1125899906842624,0.12345678901234567890,1e21]}';
  const value = parseExact(text);
  assert.equal(value.seed, 18446744073709551615n);
  assert.equal(String(value.seed), '18446744073709551615');
  assert.equal(value.negative, -9007199254740993n);
  assert.deepEqual([value.small, value.list[1], value.list[2]], [42, 0.12345678901234568, 1e21]);
  assert.match(stringifyExact(value), /"seed": 18446744073709551615,/);
});

test('digits inside texts stay texts', () => {
  const value = {
    a: 'seed 18446744073709551615',
    b: '18446744073709551615',
    c: 'say \\"1234567890123456789\\"',
    d: '"',
    e: [1234567890123456],
  };
  assert.deepEqual(
    { ...parseExact(JSON.stringify(value)), e: [Number(parseExact(JSON.stringify(value)).e[0])] },
    value,
  );
  assert.deepEqual(JSON.parse(stringifyExact(parseExact(JSON.stringify(value)))), value);
});

test('what is no JSON is refused as ever', () => {
  assert.throws(() => parseExact('<html>1234567890123456</html>'), SyntaxError);
});
