// connections.test — a TCP connection is gone on with when its process is killed, told to stop or stopped: no reset, no
// torn frame, no query without its answer.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Slot } from '../../../src/config.ts';
import { slots } from '../../../src/config.ts';
import { startDemoUpstream } from '../../../src/demo/upstream.ts';
import { TcpClient } from '../../lab/client.ts';
import { freePort } from '../../lab/free-port.ts';
import { type Instance, startInstance } from '../../lab/instance.ts';
import { buildQuery, frame } from '../../lab/wire.ts';

type Signal = 'SIGKILL' | 'SIGTERM' | 'SIGSTOP';
const signals: readonly Signal[] = ['SIGKILL', 'SIGTERM', 'SIGSTOP'];
const known = 'kubernetes.default.svc.cluster.local';
/** 500 addresses: an answer of 8 KB. */
const big = 'ring.shop.svc.cluster.local';
/** Round trip of the upstream, milliseconds. */
const UPSTREAM = 150;

interface Pair {
  readonly target: { readonly address: string; readonly port: number };
  readonly instances: Readonly<Record<Slot, Instance>>;
  /** Ends whoever has the one connection there is. Resolves when it is gone, or stopped. */
  strike(signal: Signal): Promise<void>;
}

async function startPair(t: TestContext, flags: readonly string[] = []): Promise<Pair> {
  const upstream = await startDemoUpstream({ delayMs: UPSTREAM });
  t.after(() => upstream.stop());
  const port = await freePort();
  const dns = `--cluster-dns=127.0.0.1:${upstream.endpoint.port}`;
  const start = (slot: Slot) =>
    startInstance(t, [`--port=${port}`, `--slot=${slot}`, dns, '--upstream=/dev/null', ...flags]);
  const instances = { primary: await start('primary'), secondary: await start('secondary') };
  if (flags.length === 0) await instances.primary.program.says(/twin found/);
  async function strike(signal: Signal): Promise<void> {
    for (const slot of slots) {
      const { tcpConnections } = await instances[slot].status();
      if (tcpConnections === 0) continue;
      const { child } = instances[slot].program;
      const exit = once(child, 'exit');
      child.kill(signal);
      if (signal !== 'SIGSTOP') await exit;
      else t.after(() => child.kill('SIGCONT'));
      return;
    }
    assert.fail('nobody has the connection');
  }
  return { target: { address: '127.0.0.1', port }, instances, strike };
}

/** A client that is known to be served. */
async function served(t: TestContext, { target }: Pair): Promise<TcpClient> {
  const client = await TcpClient.open(target);
  t.after(() => client.close());
  client.send(buildQuery({ id: 1, name: known }));
  assert.equal((await client.next()).readUInt16BE(0), 1);
  return client;
}

const ids = (messages: readonly Buffer[]) => messages.map((message) => message.readUInt16BE(0));

for (const signal of signals) {
  test(`an idle connection is served after ${signal}`, async (t) => {
    const pair = await startPair(t);
    const client = await served(t, pair);
    await pair.strike(signal);
    client.send(buildQuery({ id: 2, name: known }));
    assert.equal((await client.next()).readUInt16BE(0), 2);
  });

  test(`a query of which half was sent before ${signal} is answered when the rest comes`, async (t) => {
    const pair = await startPair(t);
    const client = await served(t, pair);
    const bytes = frame(buildQuery({ id: 2, name: known }));
    await client.chunk(bytes.subarray(0, 9));
    await pair.strike(signal);
    await client.chunk(bytes.subarray(9));
    assert.equal((await client.next()).readUInt16BE(0), 2);
  });

  test(`pipelined queries that wait for the upstream at ${signal} are answered, each once or twice`, async (t) => {
    const pair = await startPair(t);
    const client = await served(t, pair);
    const asked = Array.from({ length: 40 }, (_, i) => 100 + i);
    for (const id of asked) client.send(buildQuery({ id, name: id % 2 ? known : `new-${id}.cluster.local` }));
    await pair.strike(signal);
    const answered = new Set<number>();
    while (answered.size < asked.length) for (const id of ids([await client.next()])) answered.add(id);
    assert.deepEqual([...answered].sort(), asked);
  });
}

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  test(`answers half written at ${signal} go on at the right byte`, async (t) => {
    const pair = await startPair(t);
    const socket = connect({ ...pair.target, host: pair.target.address });
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    // The client does not read until its server is gone: the answers fill what the kernel takes, and more.
    socket.pause();
    const count = 2000;
    const queries = Array.from({ length: count }, (_, id) => frame(buildQuery({ id, name: big })));
    for (let i = 0; i < count; i += 50) {
      socket.write(Buffer.concat(queries.slice(i, i + 50)));
      await pause(5);
    }
    await pair.strike(signal);
    const answered = await readFrames(socket, count);
    assert.deepEqual(answered, new Set(Array.from({ length: count }, (_, id) => id)));
  });
}

test('without custody a connection ends with its process', async (t) => {
  const pair = await startPair(t, ['--no-custody']);
  const client = await served(t, pair);
  await pair.strike('SIGKILL');
  client.send(buildQuery({ id: 2, name: known }));
  await assert.rejects(client.next());
});

/** Ids of `count` different answers; every frame has to be whole and about the name that was asked. */
async function readFrames(socket: Socket, count: number): Promise<Set<number>> {
  const found = new Set<number>();
  let rest = Buffer.alloc(0);
  for await (const chunk of socket) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const length = rest.readUInt16BE(0);
      const message = rest.subarray(2, 2 + length);
      assert.equal(message.readUInt8(2) & 0x80, 0x80, 'an answer begins where one was expected');
      assert.equal(message.readUInt8(12), 'ring'.length, 'and it is about what was asked');
      found.add(message.readUInt16BE(0));
      rest = rest.subarray(2 + length);
    }
    if (found.size === count) break;
  }
  return found;
}
