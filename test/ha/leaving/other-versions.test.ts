// other-versions.test — an update to a version that speaks another protocol: the new one gets the sockets of its slot, and what the
// old one leaves; no connection is cut, not in the middle of a query either.

import assert from 'node:assert/strict';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { close } from 'node-reuseport';
import { programOf } from '../../../chaos/stage/editions.ts';
import { otherSlot, type Slot, slots } from '../../../src/config.ts';
import { startDemoUpstream } from '../../../src/demo/upstream.ts';
import { closeSockets } from '../../../src/handover/sockets.ts';
import { askUdp, TcpClient } from '../../lab/client.ts';
import { openAt } from '../../lab/endpoints.ts';
import { FakeTwin } from '../../lab/fake-twin.ts';
import { freePort } from '../../lab/free-port.ts';
import { type Instance, socketsOf, startInstance } from '../../lab/instance.ts';
import { Load } from '../../lab/load.ts';
import { buildQuery, frame } from '../../lab/wire.ts';

const known = 'kubernetes.default.svc.cluster.local';
const FOREIGN = { protocol: 99 };

const editions = {
  protocol: {
    name: 'of-another-protocol',
    pattern: /\bPROTOCOL_VERSION = \d+/,
    replacement: `PROTOCOL_VERSION = ${FOREIGN.protocol}`,
    met: /speaks another protocol/,
  },
  // It understands no memory but that of others like it; we understand its.
  layout: {
    name: 'of-another-layout',
    pattern: /!== ARENA_VERSION/,
    replacement: '!== ARENA_VERSION + 1',
    met: /twin found/,
  },
} as const;

async function prepare(t: TestContext, edition: keyof typeof editions = 'protocol') {
  const upstream = await startDemoUpstream();
  const folder = mkdtempSync(join(tmpdir(), 'twindns-versions-'));
  t.after(() => {
    upstream.stop();
    rmSync(folder, { recursive: true });
  });
  const port = await freePort();
  const target = { address: '127.0.0.1', port };
  const flags = [
    `--port=${port}`,
    `--cluster-dns=127.0.0.1:${upstream.endpoint.port}`,
    '--upstream=/dev/null',
    '--log-format=text',
  ];
  const { met, ...change } = editions[edition];
  const other = programOf(change, folder);
  const start = (slot: Slot, foreign = false) =>
    startInstance(t, [...flags, `--slot=${slot}`], [], ...(foreign ? [[process.execPath, other]] : []));
  return { target, where: { listen: ['127.0.0.1'], port }, start, met };
}

async function stop({ program }: Instance): Promise<void> {
  program.child.kill('SIGTERM');
  const { status } = await program.ended;
  assert.equal(status, 0, program.said);
}

/** Asks on it until the connection is served by that instance, not by another one. */
async function connectTo(t: TestContext, { status }: Instance, port: number): Promise<TcpClient> {
  for (;;) {
    const before = (await status()).tcpConnections;
    const client = await TcpClient.open({ address: '127.0.0.1', port });
    t.after(() => client.close());
    client.send(buildQuery({ id: 1, name: known }));
    await client.next();
    if ((await status()).tcpConnections > before) return client;
  }
}

for (const [edition, slot, foreign] of (['protocol', 'layout'] as const).flatMap((edition) =>
  slots.flatMap((slot) => [true, false].map((foreign) => [edition, slot, foreign] as const)),
))
  test(`the ${slot}, ${foreign ? 'of' : 'beside a twin of'} another ${edition}, cuts no connection when it stops`, async (t) => {
    const { target, start, met } = await prepare(t, edition);
    const leaver = await start(slot, foreign);
    const successor = await start(otherSlot(slot), !foreign);
    await leaver.program.says(met);
    const client = await connectTo(t, leaver, target.port);
    const query = frame(buildQuery({ id: 2, name: known }));
    await client.chunk(query.subarray(0, 9));
    const load = Load.start(t, { target, rate: 2000, ports: 64, name: () => known });
    await stop(leaver);
    await client.chunk(query.subarray(9));
    assert.equal((await client.next()).readUInt16BE(0), 2);
    assert.match(successor.program.said, /twin left: its queries are answered here/);
    const held = socketsOf(successor);
    // Its successor gets its sockets, of whichever version it is.
    const next = await start(slot, foreign);
    const common = [...socketsOf(next)].filter((socket) => held.has(socket));
    assert.ok(common.length >= 4, 'its own and those of its twin, UDP and TCP');
    await stop(successor);
    client.send(buildQuery({ id: 3, name: known }));
    assert.equal((await client.next()).readUInt16BE(0), 3);
    assert.equal((await askUdp(target, buildQuery({ name: known }))).readUInt16BE(6), 1);
    const { sent, never, wrong } = await load.finish();
    assert.ok(sent > 100, `only ${sent} queries were sent`);
    assert.deepEqual({ never, wrong }, { never: 0, wrong: 0 });
  });

test('two of different protocols that are told to stop at once both end', async (t) => {
  const { start } = await prepare(t);
  const both = [await start('primary'), await start('secondary', true)];
  await both[0]!.program.says(/speaks another protocol/);
  await Promise.all(both.map(stop));
});

test('what waits in the sockets of a twin of another protocol that is killed is answered', async (t) => {
  const { target, start } = await prepare(t);
  const twin = await start('secondary');
  const other = await start('primary', true);
  await other.program.says(/speaks another protocol/);
  const load = Load.start(t, { target, rate: 1000, ports: 64, name: () => known });
  while ((await other.status()).queries < 50) await pause(10);
  other.program.child.kill('SIGSTOP'); // what comes from now on stays in its sockets, but for what the twin reads beside it
  const before = load.elapsed;
  while (load.elapsed < before + 100) await askUdp(target, buildQuery({ name: known }));
  other.program.child.kill('SIGKILL');
  await other.program.ended;
  await twin.program.says(/twin died/);
  while (load.elapsed < before + 400) await askUdp(target, buildQuery({ name: known }));
  const { sent, never } = await load.finish();
  // What it had read into its memory when it was stopped is lost with it.
  assert.ok(sent > 300 && never < 20, `${never} of ${sent} were never answered`);
});

test('a twin of another protocol that does not answer is left all there is', async (t) => {
  const { where, start } = await prepare(t);
  const other = FakeTwin.listen(t, where, 'secondary');
  const instance = await start('primary');
  await other.hears('join');
  other.serves(where.port, 'welcome', FOREIGN);
  await instance.program.says(/speaks another protocol/);
  await other.hears('serving');
  assert.deepEqual(other.last?.own, ['127.0.0.1'], 'it holds our sockets');
  instance.program.child.kill('SIGTERM');
  await other.hears('leaving');
  assert.equal((await instance.program.ended).status, 0);
});

test('an instance that is told to stop waits for a twin of another protocol that has begun to start', {
  timeout: 30_000,
}, async (t) => {
  const { where, target, start } = await prepare(t);
  const instance = await start('secondary');
  const starting = FakeTwin.call(t, where, 'primary');
  starting.say('join', FOREIGN);
  await starting.hears('welcome');
  const client = await connectTo(t, instance, target.port);
  instance.program.child.kill('SIGTERM');
  await instance.program.says(/stopping/);
  client.send(buildQuery({ id: 2, name: known }));
  assert.equal((await client.next()).readUInt16BE(0), 2, 'it serves meanwhile');
  starting.serves(where.port, 'serving', FOREIGN);
  await starting.hears('leaving');
  starting.say('read', FOREIGN);
  await starting.hears('connection');
  assert.equal((await instance.program.ended).status, 0);
});

test('what is no connection is not adopted, and the instance goes on', async (t) => {
  const { target, where, start } = await prepare(t);
  const instance = await start('secondary');
  const file = openSync('/dev/null', 'r');
  const sockets = openAt(['127.0.0.1'], 0);
  t.after(() => {
    close(file);
    closeSockets(sockets);
  });
  const { udp, tcp } = sockets[0]!;
  const other = FakeTwin.call(t, where, 'primary');
  for (const fd of [file, udp, tcp]) other.say('connection', FOREIGN, [fd]);
  other.say('join', FOREIGN);
  await other.hears('welcome');
  assert.equal((await instance.status()).tcpConnections, 0);
  assert.equal((await askUdp(target, buildQuery({ name: known }))).readUInt16BE(6), 1);
});
