// watches.test — where the kernel lets nothing more be watched, nothing leaks, and what is vital is watched all the same.

import { test } from 'node:test';
import { testUnderFaults } from '../lab/inside.ts';

test('watches that cannot be had', { timeout: 60_000 }, (t) =>
  testUnderFaults(t, 'test/loop/watches-under-faults.js'),
);
