// listeners.test — two instances that serve two ports: what one of them has at either is the other's to go on with when it is
// killed, stopped or replaced; and what they serve changes while they run.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type Endpoint, formatEndpoint, type Slot } from '../../../src/config.ts';
import { startDemoUpstream } from '../../../src/demo/upstream.ts';
import type { InstanceStatus } from '../../../src/status.ts';
import { askUdp, TcpClient } from '../../lab/client.ts';
import { bindBoth, freePort } from '../../lab/free-port.ts';
import { type Instance, startInstance } from '../../lab/instance.ts';
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
  const folder = mkdtempSync(join(tmpdir(), 'twindns-listeners-'));
  t.after(() => {
    upstream.stop();
    rmSync(folder, { recursive: true });
  });
  const [main, other] = [
    { address, port: await freePort() },
    { address, port: await freePort() },
  ];
  /** An instance whose Corefile has these; `serve` changes that. */
  const start = async (slot: Slot, listeners: readonly Endpoint[]) => {
    const corefile = join(folder, slot);
    const write = (endpoints: readonly Endpoint[]) =>
      writeFileSync(
        corefile,
        endpoints
          .map(
            ({ address, port }) =>
              `.:${port} { bind ${address}\nforward . ${formatEndpoint(upstream.endpoint)}\ncache\n}\n`,
          )
          .join(''),
      );
    write(listeners);
    const flags = [`--slot=${slot}`, `--port=${main.port}`, `--corefile=${corefile}`, '--log-format=text'];
    const instance = await startInstance(t, flags);
    const { program } = instance;
    /** @param says what it says then */
    const serve = async (endpoints: readonly Endpoint[], says = /was read again, and holds/g) => {
      const count = () => program.said.match(says)?.length ?? 0;
      const before = count();
      write(endpoints);
      program.child.kill('SIGHUP');
      await until(() => count() > before);
    };
    return { ...instance, serve, met: () => until(async () => isMet(await instance.status())) };
  };
  return { main, other, start };
}

const isMet = ({ custody }: InstanceStatus) => custody.enabled && custody.twins[0]?.serving === true;

async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 5000; !(await is()); await pause(10))
    assert.ok(performance.now() < end, 'not after 5 s');
}

async function end({ program }: Instance, signal: NodeJS.Signals): Promise<void> {
  program.child.kill(signal);
  await program.ended;
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
  const loads = both.map((target) => Load.start(t, { target, rate: 1000, ports: 32, name, rcode }));
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
    first.program.child.kill('SIGSTOP'); // what it has in its memory and its sockets is answered by the other one
    await pause(200);
  });
  await halved(async () => {
    await end(first, 'SIGKILL');
    const primary = await start('primary', both);
    await primary.met();
    await end(secondary, 'SIGTERM');
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
  const load = Load.start(t, { target: main, rate: 1000, ports: 32, name });
  await primary.serve([main, other]);
  assert.ok(await answers(other), 'by the first that wants it');
  await secondary.serve([other, main]);
  const listens = async () =>
    (await Promise.all([primary, secondary].map(({ status }) => status()))).map(
      ({ listen }) => listen.filter(({ address }) => address.startsWith(formatEndpoint(other))).length,
    );
  assert.deepEqual(await listens(), [2, 2]);
  const wanted = Load.start(t, { target: other, rate: 500, ports: 32, name });
  await primary.serve([main]);
  await pause(100);
  assert.deepEqual(await listens(), [2, 2], 'the twin wants it still');
  const { never } = await wanted.finish();
  await secondary.serve([main]);
  await until(async () => !(await answers(other)));
  assert.deepEqual(await listens(), [0, 0]);
  await primary.serve([main, other]); // before the sockets it had are closed
  assert.ok(await answers(other));
  const taken = await bindBoth(address);
  await primary.serve([main, { address, port: taken.port }], /is refused/g);
  await taken.close();
  assert.deepEqual(await listens(), [2, 0], 'where one cannot be bound nothing has changed');
  const stays = await load.finish();
  assert.ok(stays.sent > 200, `only ${stays.sent} queries were sent`);
  assert.deepEqual([never, stays.never], [0, 0]);
});
