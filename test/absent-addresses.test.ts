// absent-addresses.test — which addresses the machine has, and that the others are told of once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { absentAddresses, warnOfAbsent } from '../src/absent-addresses.ts';

test('those of loopback are there, one of a network for examples is not', () => {
  assert.deepEqual(absentAddresses(['127.0.0.1', '192.0.2.77', '127.8.8.8', '2001:db8::77']), [
    '192.0.2.77',
    '2001:db8::77',
  ]);
});

test('a line names those that are not there; where all are there is none', async () => {
  const lines: unknown[] = [];
  const log = { warn: (_: string, more?: object) => void lines.push(more) };
  warnOfAbsent(() => ['127.0.0.1', '192.0.2.77'], log, 0);
  warnOfAbsent(() => ['127.0.0.1'], log, 0);
  await pause(20);
  assert.deepEqual(lines, [{ addresses: ['192.0.2.77'] }]);
});
