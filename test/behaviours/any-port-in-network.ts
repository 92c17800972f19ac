// any-port-in-network — a network with two ports to choose from, of which one is taken for TCP; run by any-port.test.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { close, listenTcp } from 'node-reuseport';
import { closeSockets } from '../../src/handover/sockets.ts';
import { openAt } from '../lab/endpoints.ts';

const address = '127.0.0.1';
const [TAKEN, FREE] = [40_000, 40_001];

test('is one that is free for both', () => {
  writeFileSync('/proc/sys/net/ipv4/ip_local_port_range', `${TAKEN} ${FREE}`);
  const taken = listenTcp({ address, port: TAKEN, reusePort: false });
  // Each time the kernel may choose either.
  for (let time = 0; time < 10; time++) {
    const sockets = openAt([address], 0);
    assert.equal(sockets[0]!.port, FREE);
    closeSockets(sockets);
  }
  const other = listenTcp({ address, port: FREE, reusePort: false });
  assert.throws(() => openAt([address], 0), /EADDRINUSE/);
  assert.throws(() => openAt([address], TAKEN), /EADDRINUSE/);
  for (const fd of [taken, other]) close(fd);
});
