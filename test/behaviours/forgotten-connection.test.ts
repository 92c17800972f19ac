// forgotten-connection.test — a connection that something on the way has forgotten loses no question.

import { test } from 'node:test';
import { testInNetwork } from '../lab/inside.ts';

test('in a network that drops', { timeout: 60_000 }, (t) =>
  testInNetwork(t, 'test/behaviours/forgotten-connection-in-network.js'),
);
