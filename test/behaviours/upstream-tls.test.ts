// upstream-tls.test — a server over TLS whose connections end all the time: each question is answered, none late.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { makeCertificates } from '../lab/certificates.ts';
import { addresses } from '../lab/message.ts';
import { startLab } from '../lab/resolver.ts';
import { timed } from '../lab/timed.ts';
import { startTlsServer } from '../lab/tls-server.ts';

test('questions on connections that end, in whatever way, are asked again: all are answered', async (t) => {
  const { ca, good } = makeCertificates(t, 'DNS:dns.node.test');
  const server = await startTlsServer(t, good);
  const endpoint = { address: '127.0.0.1', port: server.port };
  const lab = await startLab(t, {
    plan: (plan) => {
      const [listener] = plan.listeners;
      const [zone] = listener!.zones;
      const [forward] = zone!.block.forwards;
      const tls = { serverName: undefined, ca, cert: undefined, key: undefined };
      const servers = [{ endpoint, protocol: 'tls', serverName: 'dns.node.test' } as const];
      const block = { ...zone!.block, forwards: [{ ...forward!, servers, tls }] };
      return { ...plan, listeners: [{ ...listener!, zones: [{ suffix: '', block }] }] };
    },
  });
  server.breaks = 5;
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const before = descriptors();
  const asked = [];
  for (let round = 0; round < 40; round++) {
    for (let i = 0; i < 25; i++) asked.push(timed(lab.ask(`n${round}-${i}.example`)));
    await pause(10);
    const socket = server.open[round % Math.max(1, server.open.length)];
    if (round % 3 === 0) socket?.end();
    else if (round % 3 === 1) socket?.destroy();
    else {
      socket?.write(Buffer.from([1, 44, 7])); // the beginning of a reply
      socket?.destroy();
    }
  }
  const replies = await Promise.all(asked);
  for (const { value, ms } of replies) {
    assert.deepEqual(addresses(value), ['192.0.2.1']);
    assert(ms < 2000, `${ms} ms`);
  }
  const [status] = lab.resolver.status().routes[0]!.upstreams;
  assert.deepEqual([status!.transport, status!.healthy], ['tls', true]);
  const { connectionsOpened } = lab.resolver.upstreamCounters()[0]!;
  assert(connectionsOpened > 8, `${connectionsOpened} connections`);
  for (const end = performance.now() + 3000; descriptors() > before + 2 * 4; await pause(10))
    assert(performance.now() < end, `${descriptors()} descriptors, ${before} before`);
});
