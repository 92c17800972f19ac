// forwards.test — which server of which forward is asked, by which transport, and what is done with its answer.

import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ForwardPlan, ServerPlan } from '../../src/plan/forward-plan.ts';
import type { BlockPlan } from '../../src/plan/plan.ts';
import { addresses } from '../lab/message.ts';
import { a, soa } from '../lab/records.ts';
import { type Lab, startLab } from '../lab/resolver.ts';
import { cutting, failing, Gate, replying, type Script, silent } from '../lab/scripts.ts';
import { timed } from '../lab/timed.ts';
import { flags, rcodes, types } from '../lab/wire.ts';

/** Servers that tell who they are: 192.0.2.1, 192.0.2.2 … */
const telling = (number: number) => replying({ answer: [a(`192.0.2.${number}`)] });

/** @param forwards what each says that the flags' do not; `servers` are numbers of the scripts */
async function startForwards(
  t: TestContext,
  upstreams: readonly Script[],
  forwards: (servers: readonly ServerPlan[]) => readonly Partial<ForwardPlan>[],
  said: Partial<BlockPlan> = {},
): Promise<Lab> {
  return startLab(t, {
    upstreams,
    plan: (plan) => ({
      ...plan,
      listeners: plan.listeners.map((listener) => ({
        ...listener,
        zones: listener.zones.map(({ suffix, block }) => {
          const [first] = block.forwards;
          const made = forwards(first!.servers).map((forward) => ({ ...first!, ...forward }));
          return { suffix, block: { ...block, ...said, forwards: made } };
        }),
      })),
    }),
  });
}

/** How often each server was asked for names below `suffix`, as `udp 3 tcp 1`. */
function askedOf({ upstreams }: Lab, suffix: string): string[] {
  return upstreams.map(({ log }) => {
    const asked = log.filter(({ name }) => name.toString('latin1').endsWith(`\x07${suffix}\0`));
    const count = (transport: string) => asked.filter((one) => one.transport === transport).length;
    return (['udp', 'tcp'] as const).map((transport) => `${transport} ${count(transport)}`).join(' ');
  });
}

test('the first forward that takes the name is asked, each in its way; where none does it is SERVFAIL', async (t) => {
  const lab = await startForwards(t, [telling(1), telling(2)], ([one, two]) => [
    { from: 'a.example', servers: [one!], transport: 'tcp' },
    { from: 'example', except: ['b.example'], servers: [two!] },
  ]);
  assert.deepEqual(addresses(await lab.ask('www.a.example')), ['192.0.2.1']);
  assert.deepEqual(addresses(await lab.ask('xa.example')), ['192.0.2.2']);
  assert.deepEqual(askedOf(lab, 'example'), ['udp 0 tcp 1', 'udp 1 tcp 0']);
  for (const name of ['b.example', 'c.b.example', 'else.where'])
    assert.equal((await lab.ask(name)).rcode, rcodes.SERVFAIL);
});

test('round_robin asks each in turn, random all of them, sequential the first while it is well', async (t) => {
  const ask = async (policy: ForwardPlan['policy'], times: number) => {
    const lab = await startForwards(t, [telling(1), telling(2), telling(3)], () => [{ policy }]);
    for (let i = 0; i < times; i++) await lab.ask(`n${i}.example`);
    return lab.upstreams.map(({ log }) => log.length);
  };
  assert.deepEqual(await ask('round_robin', 9), [3, 3, 3]);
  assert.deepEqual(await ask('sequential', 9), [9, 0, 0]);
  const random = await ask('random', 60);
  assert(
    random.every((times) => times >= 4 && times <= 40),
    `${random}`,
  );
});

test('a server that has failed is not asked while another is well, whatever the policy', async (t) => {
  const check = async (policy: 'random' | 'round_robin') => {
    const lab = await startForwards(t, [silent, telling(2), telling(3)], () => [{ policy }]);
    while (lab.resolver.status().routes[0]!.upstreams[0]!.healthy) {
      await lab.ask(`f${lab.upstreams[1]!.log.length + lab.upstreams[2]!.log.length}.example`);
      lab.clock.skip(1);
    }
    await Promise.all(Array.from({ length: 20 }, (_, i) => lab.ask(`n${i}.working`)));
    const [failed, ...well] = askedOf(lab, 'working');
    assert.equal(failed, 'udp 0 tcp 0');
    assert(
      well.every((asked) => Number(asked.split(' ')[1]) >= 2),
      `${well}`,
    );
  };
  await Promise.all([check('random'), check('round_robin')]);
});

test('of sequential servers the first speaks for all: the next is asked when it has failed, or has had its time', async (t) => {
  const slow: Script = async (query, line) => {
    await new Promise((resolve) => setTimeout(resolve, 250));
    return telling(1)(query, line);
  };
  const check = async (transport: 'udp' | 'tcp') => {
    const waiting = await startForwards(t, [slow, telling(2)], () => [{ policy: 'sequential', transport }]);
    assert.deepEqual(addresses(await waiting.ask('a.patient')), ['192.0.2.1']);
    assert.equal(askedOf(waiting, 'patient')[1], 'udp 0 tcp 0');
    const hasty = { policy: 'sequential', transport, readTimeout: 100 } as const;
    const late = await startForwards(t, [slow, telling(2)], () => [hasty]);
    assert.deepEqual(addresses(await late.ask('a.late')), ['192.0.2.2'], 'it has had its read_timeout');
    const gone = await startForwards(t, [silent, telling(2)], () => [{ policy: 'sequential', transport }]);
    const hastening = setInterval(() => gone.clock.skip(0.05), 10);
    const began = gone.clock.now();
    assert.deepEqual(addresses(await gone.ask('a.gone')), ['192.0.2.2']);
    const took = gone.clock.now() - began;
    clearInterval(hastening);
    assert(took > 500 && took < 3000, `${took} ms`);
    while (gone.resolver.status().routes[0]!.upstreams[0]!.healthy)
      await new Promise((resolve) => setTimeout(resolve, 10));
    assert((await timed(gone.ask('b.gone'))).ms < 1000);
    assert.equal(gone.upstreams[0]!.asked('b.gone').length, 0);
  };
  await Promise.all([check('udp'), check('tcp')]);
  const failed = await startForwards(t, [failing(), telling(2)], () => [{ policy: 'sequential' }]);
  assert.equal((await failed.ask('a.example')).rcode, rcodes.SERVFAIL);
  assert.equal(failed.upstreams[1]!.log.length, 0);
});

test('next hands on to the next forward, failover to the next server; without them an answer is an answer', async (t) => {
  const refusing =
    (name: string): Script =>
    (query, line) => {
      const asked = query.name.toString('latin1');
      if (asked.includes('nx'))
        return replying({ rcode: 3, authority: [soa({ owner: 'example' })] })(query, line);
      if (asked.includes('nodata')) return replying({ authority: [soa({ owner: 'example' })] })(query, line);
      if (asked.includes('refused')) return failing(rcodes.REFUSED)(query, line);
      return telling(name === 'first' ? 1 : 2)(query, line);
    };
  const next = { next: [rcodes.NXDOMAIN, rcodes.REFUSED], nextOnNodata: true };
  const lab = await startForwards(t, [refusing('first'), telling(2)], ([one, two]) => [
    { from: 'split', servers: [one!], ...next },
    { from: 'split', servers: [two!] },
    { from: 'alone', servers: [one!], ...next },
    { from: 'retry', servers: [one!, two!], failover: [rcodes.NXDOMAIN] },
    { from: 'plain', servers: [one!, two!] },
    { from: 'twice', servers: [one!], ...next },
    { from: 'twice', servers: [one!], ...next },
  ]);
  const told = async (name: string) => {
    const { rcode, ...reply } = await lab.ask(name);
    return [rcode, ...addresses({ rcode, ...reply })];
  };
  assert.deepEqual(await told('www.split'), [0, '192.0.2.1']);
  for (const name of ['nx.split', 'refused.split', 'nodata.split', 'nx.retry', 'refused.plain'])
    assert.deepEqual(await told(name), [0, '192.0.2.2'], name);
  assert.deepEqual(await told('nx.alone'), [3]);
  assert.deepEqual(await told('refused.alone'), [5]);
  assert.deepEqual(await told('nodata.alone'), [0]);
  assert.deepEqual(await told('nx.plain'), [3]);
  assert.deepEqual(await told('nx.twice'), [3]);
  assert.equal(lab.upstreams[0]!.asked('nx.twice').length, 1);
  const allSay = await startForwards(t, [failing(), failing()], () => [{ failover: [rcodes.SERVFAIL] }]);
  assert.equal((await allSay.ask('servfail.example')).rcode, rcodes.SERVFAIL);
  assert.deepEqual(
    allSay.upstreams.map(({ log }) => log.length),
    [1, 1],
  );
});

test('questions above max_concurrent are REFUSED at once, and that is not kept; those below are not sent twice then', async (t) => {
  const gate = new Gate();
  const lab = await startForwards(t, [gate.before(telling(1))], () => [{ maxConcurrent: 3 }]);
  const asked = Array.from({ length: 10 }, (_, i) => lab.ask(`n${i}.example`));
  let refused = 0;
  for (const one of asked) void one.then(({ rcode }) => rcode === rcodes.REFUSED && refused++);
  while (refused < 7) await lab.upstream.when(() => true, '').then(() => new Promise(setImmediate));
  for (let i = 0; i < 5; i++) {
    lab.clock.skip(0.15);
    await new Promise((resolve) => setTimeout(resolve, 12));
  }
  assert.equal(lab.upstream.log.filter(({ name }) => name.length > 1).length, 3);
  gate.open();
  const replies = await Promise.all(asked);
  assert.equal(replies.filter(({ rcode }) => rcode === rcodes.NOERROR).length, 3);
  const again = await Promise.all([0, 1, 2].map((i) => lab.ask(`n${9 - i}.example`)));
  assert(again.every(({ rcode }) => rcode === rcodes.NOERROR));
  for (let i = 0; i < 9; i++) assert.equal((await lab.ask(`m${i}.example`)).rcode, rcodes.NOERROR);
  assert.equal(lab.resolver.counters.events.maxConcurrentRejects, 7);
});

test('a client by TCP is asked for by TCP, one by UDP by UDP, and what is cut is fetched whole', async (t) => {
  const big = Array.from({ length: 90 }, (_, i) => a(`192.0.2.${i}`));
  const script: Script = (query, line) =>
    query.name.includes('big') ? cutting({ answer: big })(query, line) : telling(1)(query, line);
  const lab = await startForwards(t, [script], () => [{ transport: 'client' }]);
  await lab.ask('a.overudp');
  await lab.ask('a.overtcp', 'tcp');
  assert.deepEqual(askedOf(lab, 'overudp'), ['udp 1 tcp 0']);
  assert.deepEqual(askedOf(lab, 'overtcp'), ['udp 0 tcp 1']);
  await lab.ask('big.cutudp1');
  assert.deepEqual(askedOf(lab, 'cutudp1'), ['udp 1 tcp 1']);
  assert.equal((await lab.ask('big.cutudp1', 'tcp')).answer.length, 90);
});

test('servers are offered 1232 bytes, or less where the block says so', async (t) => {
  for (const [udpSize, offered] of [
    [undefined, 1232],
    [700, 700],
    [4096, 1232],
  ] as const) {
    const lab = await startForwards(t, [telling(1)], () => [{}], { udpSize });
    await lab.ask('a.example');
    const { bytes } = lab.upstream.log[0]!;
    assert.equal(bytes.readUInt16BE(bytes.length - 8), offered);
  }
});

test('a server that takes no TCP is asked by UDP for a client of TCP, and is well all the same', async (t) => {
  const script: Script = (query, line) => {
    if (query.transport === 'tcp') line.reset();
    return query.transport === 'tcp' ? undefined : telling(1)(query, line);
  };
  const lab = await startForwards(t, [script], () => [{ transport: 'client' }]);
  const { value, ms } = await timed(lab.ask('a.example', 'tcp'));
  assert.deepEqual(addresses(value), ['192.0.2.1']);
  assert(ms < 1000, `${ms} ms`);
  assert(lab.resolver.status().routes[0]!.upstreams[0]!.healthy);
});

test('while all have failed they are asked all the same, unless the forward is to fail fast', async (t) => {
  const check = async (failFast: boolean) => {
    const lab = await startForwards(t, [silent], () => [{ failFast }]);
    // Nothing is answered here but what is refused.
    const give = (name: string) =>
      lab.ask(name, 'udp', 800).then(
        ({ rcode }) => rcode,
        () => undefined,
      );
    void give('first.example');
    while (lab.resolver.status().routes[0]!.upstreams[0]!.healthy) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      lab.clock.skip(0.1);
    }
    const rcode = give('a.missing');
    if (failFast) assert.equal(await rcode, rcodes.SERVFAIL);
    else await lab.upstream.when(() => lab.upstream.asked('a.missing').length > 0, 'the question');
    assert.equal(lab.upstream.asked('a.missing').length > 0, !failFast);
  };
  await Promise.all([check(false), check(true)]);
});

test('a server that says nothing is probed as the plan says, and never counts as failed where that is 0 times', async (t) => {
  const health = { interval: 300, recursionDesired: false, domain: 'probe.test' };
  const probes = ({ upstream }: Lab) => upstream.asked('probe.test', types.NS);
  const check = async (maxFails: number) => {
    const lab = await startForwards(t, [silent], () => [{ maxFails, health }]);
    const server = () => lab.resolver.status().routes[0]!.upstreams[0]!;
    void lab.ask('a.example', 'udp', 500).catch(() => {});
    const end = performance.now() + (maxFails === 0 ? 600 : 5000);
    while (server().healthy && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      lab.clock.skip(0.02);
    }
    assert.equal(server().healthy, maxFails === 0);
    assert.equal(probes(lab).length >= 2, maxFails > 0);
    assert(probes(lab).every(({ bytes }) => (bytes.readUInt16BE(2) & flags.RD) === 0));
  };
  await Promise.all([check(0), check(2)]);
});

test('a connection without a question is closed when it has expired', async (t) => {
  const lab = await startForwards(t, [telling(1)], () => [{ transport: 'tcp', expire: 2000 }]);
  await lab.ask('a.example');
  assert.equal(lab.upstream.openConnections, 1);
  lab.clock.skip(1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(lab.upstream.openConnections, 1);
  lab.clock.skip(1);
  await lab.upstream.when(() => lab.upstream.openConnections === 0, 'the end of the connection');
});

test('servers of a file are asked before those beside it, and others when it names others', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-forwards-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'upstreams.conf');
  writeFileSync(file, '# nobody listens there\nnameserver 127.0.0.77 ; none\noptions ndots:5\n');
  const lab = await startForwards(t, [telling(1)], (servers) => [{ servers, files: [file] }]);
  const endpoints = () => lab.resolver.status().routes[0]!.upstreams.map(({ endpoint }) => endpoint);
  const beside = endpoints()[1]!;
  assert.deepEqual(endpoints(), ['127.0.0.77:53', beside]);
  assert.deepEqual(addresses(await lab.ask('a.example')), ['192.0.2.1']);
  writeFileSync(`${file}.new`, 'nameserver 127.0.0.78\nnameserver 127.0.0.79\n');
  renameSync(`${file}.new`, file);
  const changed = ['127.0.0.78:53', '127.0.0.79:53', beside];
  while (endpoints().join() !== changed.join()) await new Promise((resolve) => setTimeout(resolve, 10));
  writeFileSync(file, '# being written');
  assert.deepEqual(addresses(await lab.ask('b.example')), ['192.0.2.1']);
});
