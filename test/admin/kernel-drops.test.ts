// kernel-drops.test — what the kernel dropped in front of a full queue is asked of the socket itself, however many others there are.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { bindUdp, close, connectUdp, describe, write } from 'node-reuseport';
import { kernelDrops } from '../../src/admin/kernel-drops.ts';
import { freePort } from '../lab/free-port.ts';
import { startInstance } from '../lab/instance.ts';

/** A socket nobody reads, with the smallest queue the kernel gives. */
function unread(t: TestContext, address: string) {
  const udp = bindUdp({ address, port: 0, receiveBuffer: 1 });
  t.after(() => close(udp));
  return { address, port: describe(udp).port, udp };
}

/** Sends datagrams of a size until some must have been dropped. */
function flood({ address, port }: { address: string; port: number }, count: number, size = 1000): void {
  const client = connectUdp({ address, port });
  for (let n = 0; n < count; n++) write(client, new Uint8Array(size), 0, size);
  close(client);
}

for (const [address, shown] of [
  ['127.0.0.1', '127.0.0.1'],
  ['::1', '[::1]'],
] as const) {
  test(`datagrams dropped at ${address} are counted for that socket alone`, (t) => {
    const [full, empty] = [unread(t, address), unread(t, address)];
    flood(full, 100);
    const drops = kernelDrops([full, empty]);
    const dropped = drops.get(`${shown}:${full.port}/udp`)!;
    assert.ok(dropped > 50 && dropped <= 100, `${dropped} of 100`);
    assert.equal(drops.get(`${shown}:${empty.port}/udp`), 0);
    flood(full, 7);
    assert.equal(kernelDrops([full]).get(`${shown}:${full.port}/udp`), dropped + 7);
  });
}

test('sockets of other processes cost a reader nothing, and one that is closed tells nothing', (t) => {
  const socket = unread(t, '127.0.0.1');
  const others = Array.from({ length: 800 }, () => bindUdp({ address: '127.0.0.1', port: 0 }));
  t.after(() => others.forEach(close));
  const times = Array.from({ length: 20 }, () => {
    const before = performance.now();
    assert.equal(kernelDrops([socket]).size, 1);
    return performance.now() - before;
  });
  assert.ok(Math.min(...times) < 1, `${Math.min(...times)} ms`); // listing them took more than two
  assert.deepEqual([...kernelDrops([{ ...socket, udp: 1_000_000 }])], []);
  assert.deepEqual([...kernelDrops([])], []);
});

test('an instance tells what was dropped while it could not read', async (t) => {
  const port = await freePort();
  const instance = await startInstance(t, [`--port=${port}`, '--upstream=192.0.2.1', '--no-custody']);
  const before = (await instance.status()).listen;
  assert.deepEqual(
    before.map(({ queueDrops }) => queueDrops),
    [0, null],
  );
  instance.program.child.kill('SIGSTOP');
  flood({ address: '127.0.0.1', port }, 1000, 60_000); // more than the 16 MiB it may have been granted
  instance.program.child.kill('SIGCONT');
  const drops = (await instance.status()).listen[0]!.queueDrops!;
  assert.ok(drops > 100 && drops < 1000, `${drops}`);
  const response = await fetch(`http://127.0.0.1:${instance.admin.port}/metrics`);
  const line = `twindns_receive_queue_drops_total{address="127.0.0.1:${port}/udp"} ${drops}`;
  assert.ok((await response.text()).split('\n').includes(line), line);
});
