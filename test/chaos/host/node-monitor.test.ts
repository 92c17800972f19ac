// node-monitor.test — the monitor of the interface and the rules sees each of them go; in a network of its own.

import { test } from 'node:test';
import { testInNetwork } from '../../lab/inside.ts';

test('the monitor of the interface and the rules', (t) =>
  testInNetwork(t, 'test/chaos/host/monitor-in-network.js'));
