// any-port.test — one port for UDP and TCP, whichever is free for both.

import { test } from 'node:test';
import { testInNetwork } from '../lab/inside.ts';

test("a port of the kernel's choice", (t) => testInNetwork(t, 'test/behaviours/any-port-in-network.js'));
