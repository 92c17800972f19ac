// options.test — the rows of the option table do not get in each other's way.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runOptions } from '../../src/options/option-table.ts';
import type { OptionRow } from '../../src/options/option-types.ts';

type Row = Pick<OptionRow, 'name' | 'env' | 'sentence'>;

function rowProblems(rows: readonly Row[]): string[] {
  const twice = (words: readonly string[]) => words.filter((word, i) => words.indexOf(word) !== i);
  return [
    ...twice(rows.map(({ name }) => name)).map((name) => `--${name} is there twice`),
    ...twice(rows.map(({ env }) => env)).map((env) => `${env} is there twice`),
    ...rows
      .filter(({ env }) => !/^TWINDNS_[A-Z]+(_[A-Z]+)*$/.test(env))
      .map(({ env }) => `${env} is no name of ours`),
    ...rows
      .filter(({ sentence }) => /^[A-Z]|\.$/.test(sentence))
      .map(({ name }) => `--${name}: the sentence begins in lower case and has no full stop`),
  ];
}

test('names and variables are unique, sentences have one form', () => {
  const row: Row = { name: 'port', env: 'TWINDNS_PORT', sentence: 'port to answer on' };
  assert.equal(rowProblems([row, { ...row, env: 'TWINDNS_OTHER' }]).length, 1);
  assert.equal(rowProblems([row, { ...row, name: 'other' }]).length, 1);
  assert.equal(rowProblems([{ ...row, env: 'PORT' }]).length, 1);
  assert.equal(rowProblems([{ ...row, sentence: 'Port to answer on.' }]).length, 1);
  assert.deepEqual(rowProblems(runOptions), []);
});
