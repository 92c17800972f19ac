// environment.test — variables in their places, in time that grows with the text alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replaceVariables } from '../../src/corefile/environment.ts';

const env = { A: 'a', LOOP: '{$LOOP}', 'X:y': 'z', EMPTY: '' };

const rows: readonly (readonly [text: string, replaced: string, unset?: readonly string[]])[] = [
  ['a{$A}b{%A%}c', 'aabac'],
  ['{$A}{$A}', 'aa'],
  ['{$}', '{$}'],
  ['{%%}', '{%%}'],
  ['{$A', '{$A'],
  ['{%A}', '{%A}'],
  ['{%A} {$A}', '{%A} a'],
  ['{$LOOP}', '{$LOOP}'],
  ['{$X:y}', 'z'],
  ['{$EMPTY}', ''],
  ['{$NO}{%NO2%}', '', ['NO', 'NO2']],
  ['{$toString}', '', ['toString']],
  ['{{$A}}', '{a}'],
  ['{}{a}', '{}{a}'],
];
for (const [text, replaced, unset = []] of rows)
  test(JSON.stringify(text), () => {
    const told: string[] = [];
    assert.equal(
      replaceVariables(text, env, (name) => told.push(name)),
      replaced,
    );
    assert.deepEqual(told, unset);
  });

test('many openings without an end take no time', () => {
  for (const text of ['{$'.repeat(500_000), '{%'.repeat(500_000), '{'.repeat(1_000_000)]) {
    const began = process.cpuUsage();
    assert.equal(
      replaceVariables(text, env, () => {}),
      text,
    );
    const { user, system } = process.cpuUsage(began);
    assert.ok((user + system) / 1000 < 1000);
  }
});
