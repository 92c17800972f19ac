// budget.test — how many connections clients may have, by how many descriptors there are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Budget } from '../src/budget.ts';

test('connections follow the limit of descriptors: the twin holds as many, and others need some', () => {
  const most = (descriptors?: number) => new Budget(descriptors).tcpConnections.most;
  assert.deepEqual([undefined, 1 << 20, 4096, 1024, 256].map(most), [2000, 2000, 1696, 352, 16]);
  assert.deepEqual([150, 64, 0].map(most), [16, 16, 16]);
});
