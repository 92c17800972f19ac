// kernel-counters.test — the kernel's files are read right: names above values, one port's sockets, those that are closed.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { counter, KernelCounters } from '../../../chaos/host/kernel-counters.ts';

/** Port 53 is 0035. */
const udp = (...sockets: (readonly [port: string, inode: number, drops: number])[]) =>
  [
    '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops',
    ...sockets.map(
      ([port, inode, drops]) =>
        `  10: 0100007F:${port} 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 ${inode} 2 0000000000000000 ${drops}   `,
    ),
  ].join('\n');

function files(): Record<string, string> {
  return {
    udp: udp(['0035', 7, 5], ['0036', 8, 9]),
    udp6: udp(),
    snmp: 'Ip: A B\nIp: 1 2\nUdp: InDatagrams RcvbufErrors\nUdp: 100 40\n',
    snmp6: 'Udp6InDatagrams \t3\nUdp6RcvbufErrors \t2\n',
    netstat: 'TcpExt: ListenOverflows ListenDrops\nTcpExt: 1 6\n',
  };
}

test('only what was dropped since the beginning counts, and only by the sockets of the port', () => {
  const now = files();
  const counters = new KernelCounters(53, (file) => now[file]!);
  assert.deepEqual(counters.dropped(), { sockets: 0, receiveBuffers: 0, listeners: 0 });
  Object.assign(now, { udp: udp(['0035', 7, 8], ['0035', 9, 4], ['0036', 8, 99]) });
  Object.assign(now, { snmp: 'Udp: RcvbufErrors\nUdp: 47\n', netstat: 'TcpExt: ListenDrops\nTcpExt: 8\n' });
  assert.deepEqual(counters.dropped(), { sockets: 7, receiveBuffers: 7, listeners: 2 });
});

test('a socket that is closed keeps what it had dropped', () => {
  const now = files();
  const counters = new KernelCounters(53, (file) => now[file]!);
  now.udp = udp(['0035', 7, 6]);
  counters.look();
  now.udp = udp();
  assert.equal(counters.dropped().sockets, 1);
});

test('a counter that is not there is an error, not a zero', () => {
  assert.equal(counter('Udp: A B\nUdp: 1 2\n', 'Udp', 'B'), 2);
  assert.throws(() => counter('Udp: A B\nUdp: 1 2\n', 'Udp', 'C'), /no counter Udp: C/);
  assert.throws(() => counter('', 'Udp', 'A'), /no counter/);
});

test('drops of a real socket that nobody reads are seen', async () => {
  const silent = createSocket({ type: 'udp4', recvBufferSize: 2048 });
  // Bound and not read: Node reads only once somebody listens to `message`, so the handle is stopped from reading.
  silent.bind(0, '127.0.0.1');
  await once(silent, 'listening');
  const counters = new KernelCounters(silent.address().port);
  const sender = createSocket('udp4');
  const flood = Array.from({ length: 2000 }, () => Buffer.alloc(1000));
  sender.connect(silent.address().port, '127.0.0.1');
  await once(sender, 'connect');
  const block = (ms: number) => {
    for (const end = performance.now() + ms; performance.now() < end; );
  };
  for (const datagram of flood) sender.send(datagram);
  block(5);
  const { sockets, receiveBuffers } = counters.dropped();
  sender.close();
  silent.close();
  assert.ok(sockets > 0, 'none seen');
  assert.ok(receiveBuffers >= sockets);
});
