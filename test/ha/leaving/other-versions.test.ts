// other-versions.test — an update to a version that speaks another protocol: the new one gets the sockets of its slot, and what the
// old one leaves; no connection is cut, not in the middle of a query either.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { mkdtempSync, openSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { close, queueHead } from 'node-reuseport';
import { programOf } from '../../../chaos/stage/editions.ts';
import { otherSlot, type Slot, slots } from '../../../src/config.ts';
import { startDemoUpstream } from '../../../src/demo/upstream.ts';
import { closeSockets, openSockets } from '../../../src/listen/sockets.ts';
import { askUdp, TcpClient } from '../../lab/client.ts';
import { FakeTwin } from '../../lab/fake-twin.ts';
import { freePort } from '../../lab/free-port.ts';
import { type Instance, startInstance } from '../../lab/instance.ts';
import { Load } from '../../lab/load.ts';
import { buildQuery, frame } from '../../lab/wire.ts';

const known = 'kubernetes.default.svc.cluster.local';
const FOREIGN = { protocol: 99 };

async function prepare(t: TestContext) {
  const upstream = await startDemoUpstream();
  const folder = mkdtempSync(join(tmpdir(), 'twindns-bequest-'));
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
  const ofAnotherProtocol = {
    name: 'of-another-protocol',
    pattern: /\bPROTOCOL_VERSION = \d+/,
    replacement: `PROTOCOL_VERSION = ${FOREIGN.protocol}`,
  };
  const other = programOf(ofAnotherProtocol, folder);
  const start = (slot: Slot, foreign = false) =>
    startInstance(t, [...flags, `--slot=${slot}`], [], ...(foreign ? [[process.execPath, other]] : []));
  return { target, where: { listen: ['127.0.0.1'], port }, start };
}

async function stop({ program }: Instance): Promise<void> {
  program.child.kill('SIGTERM');
  const { status } = await program.ended;
  assert.equal(status, 0, program.said);
}

/** Inodes of the sockets a process has. */
function socketsOf({ program: { pid } }: Instance): Set<string> {
  const folder = `/proc/${pid}/fd`;
  const links = readdirSync(folder).flatMap((fd) => {
    try {
      return [readlinkSync(`${folder}/${fd}`)];
    } catch {
      return []; // closed since
    }
  });
  return new Set(links.filter((link) => link.startsWith('socket:')));
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

for (const slot of slots)
  for (const foreign of [true, false])
    test(`the ${slot}, ${foreign ? 'of' : 'beside a twin of'} another protocol, cuts no connection when it stops`, async (t) => {
      const { target, start } = await prepare(t);
      const leaver = await start(slot, foreign);
      const heir = await start(otherSlot(slot), !foreign);
      await leaver.program.says(/speaks another protocol/);
      const client = await connectTo(t, leaver, target.port);
      const query = frame(buildQuery({ id: 2, name: known }));
      await client.chunk(query.subarray(0, 9));
      const load = new Load({ target, rate: 2000, ports: 64, name: () => known });
      await stop(leaver);
      await client.chunk(query.subarray(9));
      assert.equal((await client.next()).readUInt16BE(0), 2);
      assert.match(heir.program.said, /the twin left its sockets to us/);
      const held = socketsOf(heir);
      // Its successor gets its sockets, of whichever version it is.
      const next = await start(slot, foreign);
      const common = [...socketsOf(next)].filter((socket) => held.has(socket));
      assert.equal(common.length, 2, 'one for UDP, one for TCP');
      await stop(heir);
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

test('one that is killed while a stranger reads its sockets, too, leaves them to it', async (t) => {
  const { target, start } = await prepare(t);
  const helper = await start('secondary');
  const first = await start('primary', true);
  await first.program.says(/speaks another protocol/);
  await stop(first);
  const lent = await start('primary', true); // reads the sockets the helper was left, as the helper does
  const load = new Load({ target, rate: 1000, ports: 64, name: () => known });
  while ((await lent.status()).queries < 50);
  // What it has read by then is lost with it, what comes later is not.
  lent.program.child.kill('SIGKILL');
  await lent.program.ended;
  const before = load.elapsed;
  while (load.elapsed < before + 300) await askUdp(target, buildQuery({ name: known }));
  const { sent, never } = await load.finish();
  assert.ok(sent > 300 && never < 20, `${never} of ${sent} were never answered`);
  assert.match(helper.program.said, /the twin left its sockets to us/);
});

test('sockets that were lent are not retired by who has lent them', { timeout: 30_000 }, async (t) => {
  const { target, where, start } = await prepare(t);
  const helper = await start('secondary');
  const first = await start('primary', true);
  await first.program.says(/speaks another protocol/);
  await stop(first);
  const stranger = FakeTwin.call(t, where, 'primary');
  stranger.keeps = true;
  stranger.say('join', FOREIGN);
  await stranger.hears('stranger');
  assert.deepEqual(stranger.last?.yours, ['127.0.0.1']);
  await stop(helper); // nobody can be called: it goes alone
  const client = createSocket('udp4');
  t.after(() => client.close());
  client.send(buildQuery({ name: known }), target.port, target.address);
  for (const [udp] = stranger.kept; queueHead(udp!) === 0; ) await pause(5);
});

test('what is left by a twin that does not answer stays in the sockets', async (t) => {
  const { where, start } = await prepare(t);
  const stranger = FakeTwin.listen(t, where, 'secondary');
  const instance = await start('primary');
  await stranger.hears('join');
  stranger.say('stranger', FOREIGN);
  await instance.program.says(/speaks another protocol/);
  instance.program.child.kill('SIGTERM');
  await stranger.hears('bequest');
  assert.deepEqual(stranger.last?.own, ['127.0.0.1']);
  assert.equal((await instance.program.ended).status, 0);
});

test('a twin that does not know what a bequest is gets none', async (t) => {
  const { where, target, start } = await prepare(t);
  const stranger = FakeTwin.listen(t, where, 'secondary');
  const instance = await start('primary');
  await stranger.hears('join');
  stranger.say('stranger', FOREIGN);
  await instance.program.says(/speaks another protocol/);
  const client = await connectTo(t, instance, target.port);
  instance.program.child.kill('SIGTERM');
  await stranger.hears('bequest');
  const asked = performance.now();
  stranger.say('stranger', FOREIGN);
  assert.equal((await instance.program.ended).status, 0);
  assert.ok(performance.now() - asked < 400, 'it was waited for');
  await assert.rejects(client.next(), /closed the connection/); // in good order, between two queries
});

test('one that is told to stop waits for a twin of another protocol that has begun to start', {
  timeout: 30_000,
}, async (t) => {
  const { where, target, start } = await prepare(t);
  const instance = await start('secondary');
  const starting = FakeTwin.call(t, where, 'primary');
  starting.say('join', FOREIGN);
  await starting.hears('stranger');
  const client = await connectTo(t, instance, target.port);
  instance.program.child.kill('SIGTERM');
  await instance.program.says(/stopping/);
  client.send(buildQuery({ id: 2, name: known }));
  assert.equal((await client.next()).readUInt16BE(0), 2, 'it serves meanwhile');
  const started = FakeTwin.listen(t, where, 'primary');
  await started.hears('bequest');
  started.say('read', FOREIGN);
  await started.hears('connection');
  assert.equal((await instance.program.ended).status, 0);
});

test('what is no bequest is refused, and the instance goes on', async (t) => {
  const { target, where, start } = await prepare(t);
  const instance = await start('secondary');
  const file = openSync('/dev/null', 'r');
  const sockets = openSockets(['127.0.0.1'], 0);
  t.after(() => {
    close(file);
    closeSockets(sockets);
  });
  const { udp, tcp } = sockets[0]!;
  const own = ['127.0.0.1'];
  for (const descriptors of [[], [udp], [file, file], [tcp, udp], [udp, tcp, file]]) {
    const stranger = FakeTwin.call(t, where, 'primary');
    stranger.say('bequest', { ...FOREIGN, own }, descriptors);
    await stranger.hears('end');
  }
  const stranger = FakeTwin.call(t, where, 'primary');
  for (const fd of [file, udp, tcp]) stranger.say('connection', FOREIGN, [fd]);
  stranger.say('bequest', { ...FOREIGN, own }, [udp, tcp]);
  await stranger.hears('read');
  assert.equal((await instance.status()).tcpConnections, 0);
  assert.equal((await askUdp(target, buildQuery({ name: known }))).readUInt16BE(6), 1);
});
