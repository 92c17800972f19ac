// asking.test — what this machine does not let us ask is no failure of the server that was to be asked.

import { test } from 'node:test';
import { testUnderFaults } from '../lab/inside.ts';

test('sockets that are denied', { timeout: 60_000 }, (t) =>
  testUnderFaults(t, 'test/behaviours/asking-under-faults.js'),
);
