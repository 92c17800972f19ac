// waiting.test — when memory for waiting queries is short: which query gives way, what it gets, and that each gets something.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import type { UdpClient } from '../lab/client.ts';
import { addresses, parseMessage } from '../lab/message.ts';
import { a, manyAddresses } from '../lab/records.ts';
import { type Lab, type LabOptions, startLab } from '../lab/resolver.ts';
import { cutting, Gate, plain, replying, type Script, silent } from '../lab/scripts.ts';
import { buildQuery, rcodes } from '../lab/wire.ts';

/** Silent about names of the flood, and quick about all others. */
const partlySilent: Script = (query, line) => (query.name.includes('flood') ? undefined : plain(query, line));

/** Some 90 questions may wait. */
const waitingBytes = 1 << 18;

/** Sends that many queries and waits until they were received. */
async function flood(lab: Lab, client: UdpClient, count: number, name: (i: number) => string): Promise<void> {
  const { events } = lab.resolver.counters;
  const before = events.datagrams;
  for (let i = 0; i < count; i++) {
    client.send(buildQuery({ id: i & 0xffff, name: name(i) }));
    if (i % 100 === 99) await until(() => events.datagrams > before + i);
  }
  await until(() => events.datagrams >= before + count);
}

async function until(ready: () => boolean): Promise<void> {
  for (let waited = 0; !ready(); waited += 2) {
    assert.ok(waited < 5000, `${ready} is not true after 5 s`);
    await pause(2);
  }
}

async function startFlooded(t: TestContext, options: LabOptions, zone = 'example') {
  const lab = await startLab(t, { waitingBytes, ...options });
  const attacker = await lab.udp();
  await flood(lab, attacker, 400, (i) => `flood-${i}.${zone}`);
  return { lab, attacker };
}

test('the question open longest gives way to a new one, and each query gets a reply', async (t) => {
  const gate = new Gate();
  const { lab, attacker } = await startFlooded(t, {
    upstreams: [gate.before(plain, ({ name }) => name.includes('flood'))],
  });
  await pause(250);
  const refused = lab.resolver.counters.events.maxConcurrentRejects;
  const news = await Promise.all(Array.from({ length: 20 }, (_, i) => lab.ask(`new-${i}.example`)));
  for (const { rcode } of news) assert.equal(rcode, rcodes.NOERROR);
  gate.open();
  let failed = 0;
  for (let i = 0; i < 400; i++) if (parseMessage(await attacker.next()).rcode === rcodes.SERVFAIL) failed++;
  assert.ok(failed > refused && failed < 400, `${failed} of 400, ${refused} of them refused`);
});

test('one client that floods takes places from itself alone, however short the others wait', async (t) => {
  const { lab } = await startFlooded(t, {
    upstreams: [partlySilent],
    config: { listen: ['127.0.0.1', '::1'] },
  });
  const { port } = lab.endpoint;
  const other = await lab.udpTo({ address: '::1', port });
  for (let id = 0; id < 20; id++) {
    other.send(buildQuery({ id, name: `new-${id}.example` }));
    assert.equal(parseMessage(await other.next()).rcode, rcodes.NOERROR);
  }
});

test('two flooded zones take nothing from the cluster domain', async (t) => {
  const gate = new Gate();
  const lab = await startLab(t, {
    waitingBytes,
    config: { listen: ['127.0.0.1', '::1'] },
    upstreams: [silent],
    cluster: gate.before(
      (query, line) => (query.name.includes('in-addr') ? undefined : plain(query, line)),
      ({ name }) => name.includes('cluster'),
    ),
  });
  const attacker = await lab.udp();
  await flood(lab, attacker, 300, (i) => `flood-${i}.example`);
  await flood(lab, attacker, 300, (i) => `${i & 255}.${i >> 8}.0.10.in-addr.arpa`);
  const client = await lab.udpTo({ address: '::1', port: lab.endpoint.port });
  await flood(lab, client, 40, (i) => `service-${i}.cluster.local`);
  gate.open();
  for (let i = 0; i < 40; i++) assert.equal(parseMessage(await client.next()).rcode, rcodes.NOERROR);
});

test('a stale answer is given before a refusal, and to those that give way', async (t) => {
  const lab = await startLab(t, {
    waitingBytes,
    upstreams: [replying({ answer: [a('10.0.0.1', { ttl: 2 })] })],
  });
  const names = Array.from({ length: 300 }, (_, i) => `hot-${i}.example`);
  const client = await lab.udp();
  for (const [id, name] of names.entries()) {
    client.send(buildQuery({ id, name }));
    await client.next();
  }
  lab.clock.skip(3);
  const gate = new Gate();
  lab.upstream.script = gate.before(plain);
  await flood(lab, client, 300, (i) => names[i]!);
  for (let i = 0; i < 300; i++) {
    const reply = parseMessage(await client.next());
    assert.deepEqual([reply.rcode, addresses(reply)], [rcodes.NOERROR, ['10.0.0.1']]);
  }
  assert.ok(lab.resolver.counters.events.maxConcurrentRejects > 0);
  // Some questions are still asked, for no client, and that has a bound, too.
  assert.ok(lab.resolver.status().inFlight > 0 && held(lab) <= waitingBytes / 7);
  gate.open();
  await until(() => lab.resolver.status().inFlight === 0 && held(lab) === 0);
});

test('2,240 clients that ask for one name that nobody has each get the answer', async (t) => {
  const gate = new Gate();
  const lab = await startLab(t, { upstreams: [gate.before(plain, ({ name }) => name.includes('cold'))] });
  const clients = await Promise.all(Array.from({ length: 20 }, () => lab.udp()));
  for (const client of clients) await flood(lab, client, 112, () => 'cold.example');
  gate.open();
  for (const client of clients) {
    for (let i = 0; i < 112; i++)
      assert.deepEqual(addresses(parseMessage(await client.next())), ['192.0.2.1']);
  }
  assert.ok(lab.upstream.asked('cold.example').length <= 6);
});

test('copies of a query take one place and get one answer, over TCP, too', async (t) => {
  const gate = new Gate();
  const lab = await startLab(t, { upstreams: [gate.before(plain, ({ name }) => name.includes('open'))] });
  const copy = buildQuery({ id: 7, name: 'open.example' });
  const [hog, other, tcp] = [await lab.udp(), await lab.udp(), await lab.tcp()];
  for (let i = 0; i < 500; i++) hog.send(copy);
  tcp.send(copy, copy);
  other.send(copy);
  const { events } = lab.resolver.counters;
  await until(() => events.datagrams === 501 && events.duplicateQueries === 500);
  assert.equal(lab.table.context.parking.used, 3);
  gate.open();
  for (const client of [other, hog, tcp]) {
    const reply = parseMessage(await client.next());
    assert.deepEqual([reply.id, addresses(reply)], [7, ['192.0.2.1']]);
  }
  // Once it has its answer, a client may ask again.
  hog.send(copy);
  assert.equal(parseMessage(await hog.next()).id, 7);
});

test('while much is asked nothing is asked more than twice', async (t) => {
  const { lab } = await startFlooded(t, { upstreams: [partlySilent] });
  await pause(1200);
  const times = new Map<string, number>();
  for (const { name } of lab.upstream.log) {
    const text = name.toString('latin1');
    times.set(text, (times.get(text) ?? 0) + 1);
  }
  assert.ok(times.size > 50);
  const [quiet] = [...times.values()].filter((count) => count > 2);
  assert.equal(quiet, undefined);
});

test('a client whose query has given way may send it again', async (t) => {
  const { lab, attacker } = await startFlooded(t, { upstreams: [partlySilent] });
  await pause(250);
  await lab.ask('new.example');
  assert.equal(parseMessage((await attacker.until(0)).message).rcode, rcodes.SERVFAIL);
  const before = lab.upstream.asked('flood-0.example').length;
  attacker.send(buildQuery({ id: 0, name: 'flood-0.example' }));
  await lab.upstream.when(() => lab.upstream.asked('flood-0.example').length > before, 'it again');
});

test('4,000 clients of an answer of 60 KB are answered a few in a turn, what it is cut to being the same for all', async (t) => {
  const gate = new Gate();
  const lab = await startLab(t, {
    upstreams: [gate.before(cutting({ answer: manyAddresses(3700) }), ({ name }) => name.includes('big'))],
  });
  const client = await lab.udp();
  await flood(lab, client, 4000, () => 'big.example');
  const { parking } = lab.table.context;
  assert.deepEqual([parking.used, held(lab) > 0], [4000, true]);
  gate.open();
  const first = (await client.next()).subarray(2);
  assert.ok(parking.used > 0);
  const asked = lab.ask('big.example');
  for (let i = 0; i < 100; i++) assert.deepEqual((await client.next()).subarray(2), first);
  assert.equal((await asked).tc, true);
  await until(() => parking.used === 0 && held(lab) === 0);
});

test('datagrams that take long to answer leave other work its turns', async (t) => {
  const lab = await startLab(t);
  const { service } = lab.table.context;
  const answer = service.answer.bind(service);
  t.mock.method(service, 'answer', (...args: Parameters<typeof answer>) => {
    const end = performance.now() + 0.2;
    while (performance.now() < end);
    answer(...args);
  });
  const client = await lab.udp();
  for (let id = 0; id < 640; id++) client.send(buildQuery({ id, name: `n${id}.example` }));
  const { events } = lab.resolver.counters;
  let most = 0;
  for (let before = 0; events.datagrams < 640; before = events.batches) {
    await turn();
    most = Math.max(most, events.batches - before);
  }
  assert.ok(most <= 2, `${most} batches in a turn`);
});

function held(lab: Lab): number {
  return lab.resolver.status().budget.find(({ name }) => name === 'waiting_queries')!.held;
}

test('what was waited for leaves nothing behind', async (t) => {
  const gate = new Gate();
  const { lab } = await startFlooded(t, { upstreams: [gate.before(plain)] });
  assert.ok(held(lab) > waitingBytes / 2 && held(lab) <= waitingBytes);
  gate.open();
  await until(() => held(lab) === 0 && lab.table.context.parking.used === 0);
  assert.equal(lab.resolver.status().inFlight, 0);
});
