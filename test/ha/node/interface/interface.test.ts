// interface.test — the interface of the served addresses, in networks and on a kernel where it may be made and taken apart.

import { test } from 'node:test';
import { testInNetwork, testInUml } from '../../../lab/inside.ts';

test('a TUN interface', (t) => testInNetwork(t, 'test/ha/node/interface/tun-in-network.js'));

test('an interface that cannot be', (t) => testInNetwork(t, 'test/ha/node/interface/refusals-in-network.js'));

test('a dummy interface', (t) => testInUml(t, 'test/ha/node/interface/dummy-in-uml.js'));
