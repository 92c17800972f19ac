// failing-channel.test — calls on the channel that keep failing neither spin nor leave twins apart for good.

import { test } from 'node:test';
import { testUnderFaults } from '../../lab/inside.ts';

test('failing calls on the channel', { timeout: 60_000 }, (t) =>
  testUnderFaults(t, 'test/ha/link/channel-under-faults.js'),
);
