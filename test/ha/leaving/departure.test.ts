// departure.test — an instance goes when its twin can take over: it gives a twin that has only just begun a moment, waits, if a
// kubelet asked before, for one that is away, and of two that go at once one stays until the other has been replaced.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { ADDRESS_BYTES, Arena, peerOf } from 'node-reuseport';
import { openOwnState } from '../../../ha/peers/process-state.ts';
import { otherSlot, type Slot, slots } from '../../../src/config.ts';
import { startDemoUpstream } from '../../../src/demo/upstream.ts';
import { RECORDS_BYTES } from '../../../src/handover/arena-words.ts';
import { openAt } from '../../lab/endpoints.ts';
import { FakeTwin } from '../../lab/fake-twin.ts';
import { freePort } from '../../lab/free-port.ts';
import { idleProcess } from '../../lab/idle-process.ts';
import { type Instance, launchInstance, startInstance } from '../../lab/instance.ts';
import { Load } from '../../lab/load.ts';
import { buildQuery } from '../../lab/wire.ts';

const address = '127.0.0.1';
const PATIENT = ['--wait-for-twin=20s'];
/** Where a test asks as a kubelet does: this port, at an address of loopback of each instance's own. */
const HEALTH = 2530;
const healths = new Map<Instance, string>();
let asked = 0;

async function startAsked(t: TestContext, flags: readonly string[]): Promise<Instance> {
  const health = `127.0.77.${++asked}:${HEALTH}`;
  const instance = await startInstance(t, [...flags, `--health=${health}`]);
  healths.set(instance, health);
  return instance;
}
const name = () => 'kubernetes.default.svc.cluster.local';

async function startService(t: TestContext, flags: readonly string[]) {
  const upstream = await startDemoUpstream();
  t.after(() => upstream.stop());
  const port = await freePort();
  const dns = `--cluster-dns=127.0.0.1:${upstream.endpoint.port}`;
  const start = (slot: Slot) =>
    startAsked(t, [`--port=${port}`, dns, '--upstream=/dev/null', `--slot=${slot}`, ...flags]);
  const primary = await start('primary');
  const secondary = await start('secondary');
  await primary.program.says(/twin found/);
  return { port, start, primary, secondary };
}

/** Tells it to stop; resolves to its exit code and the milliseconds that took. */
async function stopped({ program }: Instance, signal: NodeJS.Signals = 'SIGTERM') {
  const started = performance.now();
  program.child.kill(signal);
  const { status: code } = await program.ended;
  return { code, took: performance.now() - started };
}

/** As a kubelet ends a container: it says so, and then tells it to stop. */
async function replaced(instance: Instance) {
  await preStop(instance);
  return stopped(instance);
}

async function preStop(instance: Instance): Promise<void> {
  assert.equal((await fetch(`http://${healths.get(instance)}/prestop`)).status, 200);
}

for (const [first, then] of [
  ['primary', 'secondary'],
  ['secondary', 'primary'],
] as const)
  test(`told to stop while the ${first} is away, the ${then} serves until it is back`, async (t) => {
    const service = await startService(t, PATIENT);
    const load = Load.start(t, {
      target: { address: '127.0.0.1', port: service.port },
      rate: 2000,
      ports: 64,
      name,
    });
    assert.equal((await stopped(service[first])).code, 0);
    const leaving = replaced(service[then]);
    await service[then].program.says(/no twin is ready/);
    await service.start(first);
    const { code, took } = await leaving;
    assert.equal(code, 0);
    assert.ok(took < 10_000, `${took} ms`);
    await service.start(then);
    const { sent, never, wrong } = await load.finish();
    assert.ok(sent > 500);
    assert.deepEqual({ never, wrong }, { never: 0, wrong: 0 });
  });

test('one whose twin has only just begun serves a moment longer', async (t) => {
  const { primary, secondary } = await startService(t, []);
  const { code, took } = await stopped(primary);
  assert.equal(code, 0);
  const [, ms] = primary.program.said.match(/"ms":(\d+),"msg":"the twin has only just begun/) ?? [];
  assert.ok(Number(ms) > 0, primary.program.said);
  assert.ok(took >= Number(ms), `${took} ms`);
  assert.match(secondary.program.said, /twin left/);
});

test('an instance whose channel was cut does not retire the sockets of its twin, which lives, when it ends', async (t) => {
  const where = { listen: [address], port: await freePort() };
  const instance = await startInstance(t, [`--port=${where.port}`, '--upstream=/dev/null', '--slot=primary']);
  const twin = FakeTwin.call(t, where, 'secondary');
  twin.say('join');
  await twin.hears('welcome');
  const [sockets] = twin.serves(where.port, 'serving');
  await instance.program.says(/twin found/);
  twin.hangUp();
  await instance.program.says(/twin died/);
  assert.equal((await stopped(instance)).code, 0);
  assert.ok(peerOf(sockets!.udp, new Uint8Array(ADDRESS_BYTES)) < 0, 'it is in its group');
});

test('one that is interrupted does not wait for its twin to arrive', async (t) => {
  const { primary } = await startService(t, []);
  assert.equal((await stopped(primary, 'SIGINT')).code, 0);
  assert.doesNotMatch(primary.program.said, /only just begun/);
});

test('of two that are told to stop in one instant one stays until the other is back', async (t) => {
  const { port, start, ...service } = await startService(t, PATIENT);
  const load = Load.start(t, { target: { address: '127.0.0.1', port }, rate: 2000, ports: 64, name });
  const leaving = slots.map(async (slot) => ({ slot, ...(await replaced(service[slot])) }));
  const first = await Promise.race(leaving);
  await service[otherSlot(first.slot)].program.says(/no twin is ready/);
  await start(first.slot);
  const both = await Promise.all(leaving);
  assert.deepEqual(
    both.map(({ code }) => code),
    [0, 0],
  );
  await start(otherSlot(first.slot));
  const { never, wrong } = await load.finish();
  assert.deepEqual({ never, wrong }, { never: 0, wrong: 0 });
});

/**
 * An instance whose twin is a test's: it has said that it leaves, and the twin has neither taken its work nor, so far, said
 * anything.
 */
async function leaver(
  t: TestContext,
  slot: Slot,
  flags: readonly string[] = PATIENT,
  stateFd = openOwnState(),
) {
  const where = { listen: [address], port: await freePort() };
  const program = [`--port=${where.port}`, '--upstream=/dev/null', `--slot=${slot}`, ...flags];
  const instance = await startAsked(t, program);
  const fake = FakeTwin.call(t, where, otherSlot(slot));
  fake.say('join');
  await fake.hears('welcome');
  const [sockets] = openAt([address], where.port);
  const arena = new Arena({ records: RECORDS_BYTES });
  const shown = [sockets!.udp, sockets!.tcp, arena.fd, stateFd];
  fake.say('serving', { own: [address] }, shown);
  await instance.program.says(/twin found/);
  // It has to be told the cache, and be there for a while.
  const ending = flags === PATIENT ? replaced(instance) : stopped(instance);
  await fake.hears('leaving');
  return { instance, fake, ending, sockets: sockets! };
}

// Most of what they do is to wait.
describe('the word of leaving', { concurrency: 2 }, () => {
  test('when their words cross, the secondary takes over and stays', async (t) => {
    const { instance, fake } = await leaver(t, 'secondary');
    fake.say('leaving', { patient: true });
    await fake.hears('taken');
    await instance.program.says(/no twin is ready/);
  });

  test('when their words cross, the primary goes as soon as the secondary has taken over', async (t) => {
    const { fake, ending } = await leaver(t, 'primary');
    fake.say('leaving', { patient: true });
    const crossed = performance.now();
    fake.say('taken');
    await ending;
    const took = performance.now() - crossed;
    assert.ok(took < 400, `${took} ms`);
    assert.ok(!fake.heard.includes('taken'), 'it took nothing over itself');
  });

  test('one whose work was taken lets go of it, and ends a little later', async (t) => {
    const { fake, ending } = await leaver(t, 'primary');
    fake.say('taken');
    await fake.hears('end');
    const over = performance.now();
    assert.equal((await ending).code, 0);
    const quiet = performance.now() - over;
    assert.ok(quiet >= 55, `${quiet} ms`); // it began before we heard
  });

  test('when their words cross, a patient primary stays for a secondary that is not', async (t) => {
    const { instance, fake } = await leaver(t, 'primary');
    fake.say('leaving', { patient: false });
    await fake.hears('taken');
    fake.hangUp();
    await instance.program.says(/no twin is ready/);
  });

  test('when their words cross, one that is not patient is taken over by one that is', async (t) => {
    const { fake, ending } = await leaver(t, 'secondary', []);
    fake.say('leaving', { patient: true });
    fake.say('taken');
    await ending;
    assert.ok(!fake.heard.includes('taken'));
  });

  test('when neither is patient, each looks after its own', async (t) => {
    const { fake, ending } = await leaver(t, 'secondary', []);
    fake.say('leaving');
    const { took } = await ending;
    assert.ok(took < 400, `${took} ms`);
    assert.ok(!fake.heard.includes('taken'));
  });

  test('a twin that ends before it has taken over leaves a patient instance waiting for the next one', async (t) => {
    const { instance, fake, ending } = await leaver(t, 'primary');
    fake.hangUp();
    await instance.program.says(/no twin is ready/);
    instance.program.child.kill('SIGTERM');
    await instance.program.says(/waited for no longer/);
    assert.equal((await ending).code, 0, 'asked again it goes in order');
  });

  test('a twin that dies before it has taken over is taken over itself, and its sockets take no more', async (t) => {
    const dying = await idleProcess(t);
    const { instance, fake, ending, sockets } = await leaver(t, 'primary', [], dying.stateFd);
    await dying.kill();
    fake.hangUp();
    assert.equal((await ending).code, 0);
    assert.match(instance.program.said, /twin died: its queries are answered here/);
    assert.ok(
      peerOf(sockets.udp, new Uint8Array(ADDRESS_BYTES)) >= 0,
      'the kernel sends nothing to what is read no more',
    );
  });

  test('a twin that says nothing is waited for by a patient instance, and half a second by another', async (t) => {
    const patient = await leaver(t, 'primary');
    const other = await leaver(t, 'primary', []);
    const { took } = await other.ending;
    assert.ok(took > 450 && took < 2000, `${took} ms`);
    assert.equal(patient.instance.program.child.exitCode, null);
    patient.fake.say('taken');
    assert.equal((await patient.ending).code, 0);
  });
});

test('one that goes with nobody to take over shows and offers its sockets to nobody: they take no more', async (t) => {
  const where = { listen: [address], port: await freePort() };
  const silent = createSocket('udp4').bind(0, address);
  t.after(() => silent.close());
  await once(silent, 'listening');
  const upstream = `--upstream=${address}:${silent.address().port}`;
  const { program } = await startInstance(t, [`--port=${where.port}`, upstream, '--slot=primary']);
  const client = createSocket('udp4');
  t.after(() => client.close());
  client.send(buildQuery({ name: 'never.example' }), where.port, address);
  await once(silent, 'message'); // it has something to wait for
  program.child.kill('SIGTERM');
  await program.says(/stopping/);
  const newcomer = FakeTwin.call(t, where, 'secondary');
  newcomer.say('join');
  await newcomer.hears('welcome');
  assert.deepEqual([newcomer.last?.own, newcomer.last?.yours], [[], []]);
});

test('a twin whose sockets are not held is not told that they are read: its channel ends, so it goes alone', async (t) => {
  const where = { listen: [address], port: await freePort() };
  await startInstance(t, [`--port=${where.port}`, '--upstream=/dev/null', '--slot=primary']);
  const twin = FakeTwin.call(t, where, 'secondary');
  twin.say('join');
  await twin.hears('welcome');
  twin.say('leaving');
  await twin.hears('end');
  assert.ok(!twin.heard.includes('read') && !twin.heard.includes('taken'), twin.heard.join());
});

test('a process that waits for its slot ends in order when it is told to, and never serves', async (t) => {
  const flags = [`--port=${await freePort()}`, '--upstream=192.0.2.53', '--slot=primary'];
  await startInstance(t, flags);
  const standby = await launchInstance(t, flags);
  await standby.program.says(/another process has this slot/);
  standby.program.child.kill('SIGHUP');
  await standby.program.says(/SIGHUP/);
  assert.equal((await stopped(standby)).code, 0);
  assert.doesNotMatch(standby.program.said, /listening/);
});

test('a second process of a slot that calls is told nothing: a slot has one', async (t) => {
  const where = { listen: [address], port: await freePort() };
  await startInstance(t, [`--port=${where.port}`, '--upstream=/dev/null', '--slot=primary']);
  const second = FakeTwin.call(t, where, 'primary', 'primary');
  second.say('join');
  await second.hears('end');
  assert.deepEqual(second.heard, ['end']);
});

test('in vain it waits as long as it was told to', async (t) => {
  const { primary, secondary } = await startService(t, ['--wait-for-twin=1s']);
  await stopped(primary);
  const { code, took } = await replaced(secondary);
  assert.equal(code, 0);
  assert.ok(took > 950 && took < 3000, `${took} ms`);
});

test('both told to stop, as at the shutdown of a machine, are gone at once: neither waits, nor one a person stops', async (t) => {
  const usual = await startService(t, []);
  for (const { code, took } of await Promise.all(slots.map((slot) => stopped(usual[slot])))) {
    assert.equal(code, 0);
    assert.ok(took < 1000, `${took} ms`);
  }
  const { primary, secondary } = await startService(t, PATIENT);
  await preStop(primary);
  await stopped(secondary);
  assert.ok((await stopped(primary, 'SIGINT')).took < 900);
});

test('one that never had a twin waits for one, too, when it is asked', async (t) => {
  const port = await freePort();
  const start = (slot: Slot) =>
    startAsked(t, [`--port=${port}`, '--upstream=/dev/null', `--slot=${slot}`, ...PATIENT]);
  const lonely = await start('primary');
  const leaving = replaced(lonely);
  await lonely.program.says(/no twin is ready/);
  await start('secondary');
  assert.equal((await leaving).code, 0);
  assert.match(lonely.program.said, /twin found/);
});
