// listen-change.test — both instances are replaced, one after the other, by such with other listen addresses: on the address
// that stays no query is lost, on the old one none while an instance wants it, and then it goes.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { pair } from '../../../ha/link/descriptors.ts';
import { Twin } from '../../../ha/twin.ts';
import type { Slot } from '../../../src/config.ts';
import { startDemoUpstream } from '../../../src/demo/upstream.ts';
import { closeSockets } from '../../../src/handover/sockets.ts';
import { askUdp } from '../../lab/client.ts';
import { openAt } from '../../lab/endpoints.ts';
import { FakeTwin } from '../../lab/fake-twin.ts';
import { freePort } from '../../lab/free-port.ts';
import { type Instance, startInstance } from '../../lab/instance.ts';
import { Load } from '../../lab/load.ts';
import { configAt, silentLog } from '../../lab/resolver.ts';
import { buildQuery } from '../../lab/wire.ts';

const kept = '127.0.0.1';
const dropped = '127.0.0.2';
const added = '127.0.0.3';
const known = 'kubernetes.default.svc.cluster.local';
const name = (n: number) => (n % 10 === 0 ? `new-${n}.cluster.local` : known);

async function setUp(t: TestContext) {
  const upstream = await startDemoUpstream({ delayMs: 5 });
  t.after(() => upstream.stop());
  const port = await freePort();
  const dns = `--cluster-dns=127.0.0.1:${upstream.endpoint.port}`;
  const start = (slot: Slot, other: string) =>
    startInstance(t, [
      `--port=${port}`,
      `--slot=${slot}`,
      `--listen=${kept},${other}`,
      dns,
      '--upstream=/dev/null',
    ]);
  return { port, start };
}

async function statusOf(instance: Instance) {
  const { custody, listen: resolver } = await instance.status();
  return { custody, resolver };
}

async function end({ program: { child } }: Instance, signal: NodeJS.Signals): Promise<void> {
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

/** UDP and TCP sockets that are bound there and open in any process. */
function sockets(address: string, port: number): number {
  const bytes = address.split('.').reverse();
  const local = `${bytes.map((byte) => hex(Number(byte), 2)).join('')}:${hex(port, 4)}`;
  return ['udp', 'tcp']
    .flatMap((kind) => readFileSync(`/proc/net/${kind}`, 'latin1').split('\n'))
    .filter((line) => line.trim().split(/\s+/)[1] === local).length;
}

const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0');

/** Of a server's answer to one question there; undefined when nothing answers. */
async function answered(address: string, port: number): Promise<boolean> {
  try {
    await askUdp({ address, port }, buildQuery({ name: known }), { timeoutMs: 400 });
    return true;
  } catch {
    return false;
  }
}

async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 5000; !(await is()); await pause(20))
    assert.ok(performance.now() < end, `not after 5 s: ${what}`);
}

for (const signal of ['SIGTERM', 'SIGKILL'] as const)
  test(`nothing is lost on the address that stays, nor on the other while an instance wants it (${signal})`, async (t) => {
    const { port, start } = await setUp(t);
    const before = {
      primary: await start('primary', dropped),
      secondary: await start('secondary', dropped),
    };
    await before.primary.program.says(/twin found/);
    const loads = [kept, dropped].map((address) =>
      Load.start(t, { target: { address, port }, rate: 1000, ports: 32, name }),
    );
    await end(before.primary, signal);
    const primary = await start('primary', added);
    await primary.program.says(/twin found/);
    // The old address by the sockets it had, of which the newcomer has its slot's; the new one by the first that wants it.
    assert.deepEqual([sockets(dropped, port), sockets(kept, port), sockets(added, port)], [4, 4, 2]);
    assert.ok(await answered(added, port));
    const inherited = (await statusOf(primary)).resolver.filter(({ address }) => address.startsWith(dropped));
    assert.equal(inherited.length, 2, 'both slots serve it');
    await end(before.secondary, signal);
    assert.ok(await answered(dropped, port), 'the next process of that slot may want it');
    const [onKept, onDropped] = loads as [Load, Load];
    const old = await onDropped.finish();
    const secondary = await start('secondary', added);
    await secondary.program.says(/twin found/);
    await until('the dropped address goes', async () => !(await answered(dropped, port)));
    assert.equal(sockets(added, port), 4);
    const stays = await onKept.finish();
    assert.ok(stays.sent > 500 && old.sent > 300, `only ${stays.sent} and ${old.sent} queries were sent`);
    assert.deepEqual([stays.never, old.never], [0, 0]);
    const { custody, resolver } = await statusOf(primary);
    assert.equal(custody.enabled && custody.twins[0]?.serving, true);
    assert.ok(!resolver.some(({ address }) => address.startsWith(dropped)));
  });

test('a newcomer hears what its twin wants though that has told of something else first', async (t) => {
  const where = configAt({ listen: [kept], port: await freePort() });
  const other = FakeTwin.listen(t, where, 'secondary');
  const twin = new Twin({ ...where, slot: 'primary' }, silentLog);
  t.after(() => twin.stop());
  const joined = twin.join();
  await other.hears('join');
  const election = { leader: false, acting: false, informed: false, holding: null, parts: [] };
  other.say('election', { election });
  const [yours, listen] = [
    [kept, dropped, added],
    [kept, dropped],
  ];
  const sockets = openAt(yours, where.port);
  other.say('welcome', { yours, listen }, sockets.flatMap(pair));
  const mine = (await joined) ?? [];
  closeSockets([...mine, ...sockets]);
  assert.deepEqual(
    mine.map(({ address }) => address),
    listen,
  );
});
