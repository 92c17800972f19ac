// slowness.test — how slow a process is follows from what the kernel counts; where it counts nothing, nothing is assumed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownSlowness } from '../src/slowness.ts';

test('a process that waits nine times as long as it runs is ten times slower', () => {
  assert.equal(
    ownSlowness(() => '100000 900000 7\n'),
    10,
  );
  assert.ok(ownSlowness() >= 1);
});

test('without a count it is as slow as any', () => {
  const missing = () => {
    throw new Error('ENOENT');
  };
  for (const text of [() => '0 0 0\n', missing]) assert.equal(ownSlowness(text), 1);
});
