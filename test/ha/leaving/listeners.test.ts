// listeners.test — two instances that serve two ports: what one of them has at either is the other's to go on with when it is
// killed, stopped or replaced; and what they serve changes while they run.

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { askStatus } from '../../../src/admin/ask-status.ts';
import { type Endpoint, formatEndpoint, type Slot } from '../../../src/config.ts';
import { startDemoUpstream } from '../../../src/demo/upstream.ts';
import { askUdp, TcpClient } from '../../lab/client.ts';
import { freePort, twoFreePorts } from '../../lab/free-port.ts';
import { Load } from '../../lab/load.ts';
import { buildQuery, frame } from '../../lab/wire.ts';

const address = '127.0.0.1';
const known = 'kubernetes.default.svc.cluster.local';
/** Each tenth is a new name, which does not exist. */
const name = (n: number) => (n % 10 === 0 ? `new-${n}.cluster.local` : known);
const rcode = (n: number) => (n % 10 === 0 ? NXDOMAIN : 0);
const NXDOMAIN = 3;

async function setUp(t: TestContext) {
  const upstream = await startDemoUpstream({ delayMs: 5 });
  t.after(() => upstream.stop());
  const [main, other] = [
    { address, port: await freePort() },
    { address, port: await freePort() },
  ];
  /** One that serves these, beside the other slot's if that serves. */
  const start = async (slot: Slot, listeners: readonly Endpoint[]) => {
    const admin = { address, port: await twoFreePorts() };
    const flags = {
      slot,
      port: String(main.port),
      admin: formatEndpoint(admin),
      'cluster-dns': formatEndpoint(upstream.endpoint),
      upstream: '/dev/null',
      'log-level': 'warn',
    };
    const file = fileURLToPath(new URL('../../lab/listeners-process.js', import.meta.url));
    const child = fork(file, [JSON.stringify(flags)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    t.after(() => child.kill('SIGKILL'));
    while ((await once(child, 'message'))[0] === 'listening');
    const status = () => askStatus(admin, 2000);
    const serve = async (endpoints: readonly Endpoint[]) => {
      const told = once(child, 'message');
      child.send(endpoints);
      assert.deepEqual((await told)[0], {});
    };
    await serve(listeners);
    const met = async () => {
      for (const end = performance.now() + 5000; performance.now() < end; await pause(10)) {
        const { custody } = await status();
        if (custody.enabled && custody.twins[0]?.serving) return;
      }
      assert.fail('not met after 5 s');
    };
    return { child, status, serve, met };
  };
  return { main, other, start };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

const answers = async (endpoint: Endpoint) => {
  try {
    await askUdp(endpoint, buildQuery({ name: known }), { timeoutMs: 400 });
    return true;
  } catch {
    return false;
  }
};

test('nothing is lost at either port when instances are stopped, killed and replaced', async (t) => {
  const { main, other, start } = await setUp(t);
  const both = [main, other];
  const [first, secondary] = await Promise.all([start('primary', both), start('secondary', both)]);
  await secondary.met();
  const loads = both.map((target) => new Load({ target, rate: 1000, ports: 32, name, rcode }));
  const clients = await Promise.all(both.map((endpoint) => TcpClient.open(endpoint)));
  t.after(() => clients.map((client) => client.close()));
  /** Of a connection at each port a query is answered whose halves come before and after that. */
  const halved = async (happens: () => Promise<void>) => {
    const query = frame(buildQuery({ id: 2, name: known }));
    for (const client of clients) await client.chunk(query.subarray(0, 9));
    await happens();
    for (const client of clients) {
      await client.chunk(query.subarray(9));
      assert.equal((await client.next()).readUInt16BE(0), 2);
    }
  };
  await halved(async () => {
    first.child.kill('SIGSTOP'); // what it has in its memory and its sockets is answered by the other one
    await pause(200);
  });
  await halved(async () => {
    await end(first.child, 'SIGKILL');
    const primary = await start('primary', both);
    await primary.met();
    await end(secondary.child, 'SIGTERM');
  });
  const accounts = await Promise.all(loads.map((load) => load.finish()));
  for (const { sent } of accounts) assert.ok(sent > 200, `only ${sent} queries were sent`);
  assert.deepEqual(
    accounts.map(({ never, wrong }) => ({ never, wrong })),
    both.map(() => ({ never: 0, wrong: 0 })),
  );
});

test('a port is served while an instance wants it, and what is asked elsewhere meanwhile is answered', async (t) => {
  const { main, other, start } = await setUp(t);
  const [primary, secondary] = await Promise.all([start('primary', [main]), start('secondary', [main])]);
  await secondary.met();
  const load = new Load({ target: main, rate: 1000, ports: 32, name });
  await primary.serve([main, other]);
  assert.ok(await answers(other), 'by the first that wants it');
  await secondary.serve([other, main]);
  const listens = async () =>
    (await Promise.all([primary, secondary].map(({ status }) => status()))).map(
      ({ listen }) => listen.filter(({ address }) => address.startsWith(formatEndpoint(other))).length,
    );
  assert.deepEqual(await listens(), [2, 2]);
  const wanted = new Load({ target: other, rate: 500, ports: 32, name });
  await primary.serve([main]);
  await pause(100);
  assert.deepEqual(await listens(), [2, 2], 'the twin wants it still');
  const { never } = await wanted.finish();
  await secondary.serve([main]);
  for (const end = performance.now() + 5000; await answers(other); ) assert.ok(performance.now() < end);
  assert.deepEqual(await listens(), [0, 0]);
  await primary.serve([main, other]); // before the sockets it had are closed
  assert.ok(await answers(other));
  const told = once(primary.child, 'message');
  primary.child.send([{ address: '192.0.2.1', port: 70_000 }, main]);
  assert.match(String((await told)[0].failed), /Error/);
  assert.deepEqual(await listens(), [2, 0], 'where one cannot be bound nothing has changed');
  const stays = await load.finish();
  assert.ok(stays.sent > 200, `only ${stays.sent} queries were sent`);
  assert.deepEqual([never, stays.never], [0, 0]);
});
