// sending.test — what the kernel has no room for just now is no answer that is lost.

import { test } from 'node:test';
import { testUnderFaults } from '../lab/inside.ts';

test('sends that fail for a while', { timeout: 60_000 }, (t) =>
  testUnderFaults(t, 'test/behaviours/sending-under-faults.js'),
);
