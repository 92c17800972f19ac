// listen-change.test — both instances are replaced, one after the other, by such with other listen addresses: on the address
// that stays no query is lost, and the sockets of the others are gone with their last holder.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { Slot } from '../../../src/config.ts';
import { startDemoUpstream } from '../../../src/demo/upstream.ts';
import { askUdp } from '../../lab/client.ts';
import { freePort } from '../../lab/free-port.ts';
import { type Instance, startInstance } from '../../lab/instance.ts';
import { Load } from '../../lab/load.ts';
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

test('on the address that stays no query is lost; the dropped one goes with the last who held it', async (t) => {
  const { port, start } = await setUp(t);
  const before = { primary: await start('primary', dropped), secondary: await start('secondary', dropped) };
  await before.primary.program.says(/twin found/);
  const load = new Load({ target: { address: kept, port }, rate: 4000, ports: 64, name });
  await end(before.primary, 'SIGTERM');
  const primary = await start('primary', added);
  // Its twin does not know the new one, whose addresses are others, and holds what the old one had.
  assert.equal(sockets(dropped, port), 4);
  await askUdp({ address: dropped, port }, buildQuery({ name: known }));
  const { custody } = await before.secondary.status();
  assert.equal(custody.enabled && custody.reads[1]?.reason, 'left');
  await end(before.secondary, 'SIGTERM');
  assert.deepEqual([sockets(dropped, port), sockets(kept, port), sockets(added, port)], [0, 2, 2]);
  await start('secondary', added);
  await primary.program.says(/twin found/);
  assert.equal(sockets(added, port), 4);
  const { never, sent } = await load.finish();
  assert.ok(sent > 1000, `only ${sent} queries were sent`);
  assert.equal(never, 0);
});

test('the same with the primary killed: what is held of it retires when its twin stops', async (t) => {
  const { port, start } = await setUp(t);
  const before = { primary: await start('primary', dropped), secondary: await start('secondary', dropped) };
  await before.primary.program.says(/twin found/);
  const load = new Load({ target: { address: kept, port }, rate: 4000, ports: 64, name });
  await end(before.primary, 'SIGKILL');
  await start('primary', added);
  await end(before.secondary, 'SIGTERM');
  const { never, sent } = await load.finish();
  assert.ok(sent > 500, `only ${sent} queries were sent`);
  assert.deepEqual([never, sockets(dropped, port)], [0, 0]);
});
