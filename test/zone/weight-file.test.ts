// weight-file.test — what is in a file of weights, what is wrong with one, and when it is read again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseWeights, WeightFile } from '../../src/zone/weight-file.ts';
import { wire } from '../lab/question.ts';

test('names, addresses, weights and comments', () => {
  const table = parseWeights(
    '# weights\nWWW.example.com\n  192.0.2.1 3\n\n2001:db8::1\t255\r\nb.example.\n192.0.2.1 1',
  );
  assert.ok(table instanceof Map);
  assert.deepEqual([...table.keys()], [wire('www.example.com'), wire('b.example')]);
  assert.deepEqual([...table.get(wire('www.example.com')).values()], [3, 255]);
});

for (const [text, line, problem] of [
  ['192.0.2.1 3', 1, /a name/],
  ['a\n192.0.2.1', 2, /without a weight/],
  ['a\n\n192.0.2.1 0', 3, /"0"/],
  ['a\n192.0.2.1 256', 2, /1 to 255/],
  ['a\n192.0.2.300 1', 2, /no IP address/],
  ['a..b', 1, /no domain name/],
  ['a\n192.0.2.1 1 2', 2, /a line is/],
] as const) {
  test(`refused: ${JSON.stringify(text)}`, () => {
    const parsed = parseWeights(text);
    assert.ok('problem' in parsed);
    assert.equal(parsed.line, line);
    assert.match(parsed.problem, problem);
  });
}

test('it is read again when its time has come and an answer needs it, and keeps what it has where that fails', async () => {
  let now = 0;
  let text: string | Error = 'a\n10.0.0.1 2';
  let reads = 0;
  const said: string[] = [];
  const read = async () => {
    reads++;
    if (text instanceof Error) throw text;
    return text;
  };
  const file = new WeightFile(new Map(), {
    path: '/weights',
    read,
    interval: 1000,
    now: () => now,
  });
  file.tellIn({
    warn: (text, fields) => void said.push(`${text} ${JSON.stringify(fields)}`),
    info: (text) => void said.push(text),
  });
  const weight = () => file.of(wire('a'))?.('\x0a\0\0\x01');
  const settled = () => new Promise(setImmediate);
  assert.equal(weight(), undefined);
  await settled();
  assert.equal(reads, 0);
  now = 1000;
  weight();
  await settled();
  assert.deepEqual([weight(), reads], [2, 1]);
  for (const [at, next] of [
    [2000, 'a\n10.0.0.1 x'],
    [3000, new Error('gone')],
    [4000, new Error('gone')],
  ] as const) {
    now = at;
    text = next;
    weight();
    await settled();
    assert.equal(weight(), 2);
  }
  now = 9000;
  text = 'a\n10.0.0.1 9';
  for (let i = 0; i < 3; i++) weight();
  assert.equal(reads, 5, 'one look at a time');
  await settled();
  assert.equal(weight(), 9);
  assert.equal(said.length, 3, said.join('\n'));
  for (const [i, pattern] of [
    /is wrong: .*line 2: the weight/,
    /is wrong: .*gone/,
    /is right again/,
  ].entries())
    assert.match(said[i]!, pattern);
  const still = new WeightFile(new Map(), { path: '/weights', read, interval: 0, now: () => 1e9 });
  still.of(wire('a'));
  assert.equal(reads, 5);
});
