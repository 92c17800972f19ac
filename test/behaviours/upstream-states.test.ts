// upstream-states.test — what comes of what is sent to a server is counted once, by its reason; one that is not needed is probed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { FailureReason, UpstreamStatus } from '../../src/status.ts';
import { freePort } from '../lab/free-port.ts';
import { type Lab, startLab } from '../lab/resolver.ts';
import { failing, plain, type Script, silent } from '../lab/scripts.ts';
import { rcodes } from '../lab/wire.ts';

/** Of the first upstream, over UDP. */
function first({ resolver, upstream }: Lab): UpstreamStatus {
  const { address, port } = upstream.endpoint;
  return resolver.status().routes[0]!.upstreams.find(({ endpoint }) => endpoint === `${address}:${port}`)!;
}

/** Those that are not zero. */
function failuresOf(lab: Lab, transport: 'udp' | 'tcp' = 'udp'): Partial<Record<FailureReason, number>> {
  const { address, port } = lab.upstream.endpoint;
  const server = lab.resolver
    .servers()
    .find((one) => one.endpoint === `${address}:${port}` && one.transport === transport)!;
  return Object.fromEntries(Object.entries(server.failures).filter(([, count]) => count > 0));
}

const garbage: Script = ({ bytes }) => {
  const reply = Buffer.concat([bytes, Buffer.alloc(20, 0xff)]);
  reply.writeUInt16BE(0x8180, 2);
  reply.writeUInt16BE(1, 6);
  return reply;
};

for (const [what, script, expected] of [
  ['SERVFAIL', failing(), { servfail: 1 }],
  ['FORMERR', failing(rcodes.FORMERR), { formerr: 2 }], // with EDNS and without
  ['REFUSED', failing(rcodes.REFUSED), { other_rcode: 1 }],
  ['garbage', garbage, { malformed: 1 }],
] as const)
  test(`${what} is a failure of its server, which has answered all the same`, async (t) => {
    const lab = await startLab(t, { upstreams: [script, plain] });
    let asked = 0;
    while (Object.keys(failuresOf(lab)).length === 0) await lab.ask(`x${asked++}.example`);
    assert.deepEqual(failuresOf(lab), expected);
    const { requests, failures, lastMinute, lastAnswerSeconds } = first(lab);
    assert.ok(failures <= requests);
    assert.deepEqual(lastMinute.failed, expected);
    assert.notEqual(lastAnswerSeconds, null);
  });

test('a question that another server answers is a timeout of the first, once, and its late answer has its time', async (t) => {
  const late: Script = async (query, line) => {
    await pause(query.name.length > 1 ? 600 : 0);
    return plain(query, line);
  };
  const lab = await startLab(t, { upstreams: [plain, plain] });
  for (let i = 0; i < 20; i++) await lab.ask(`usual${i}.example`);
  lab.upstream.script = late;
  let asked = 0;
  while (lab.upstream.asked(`x${asked}.example`).length === 0) await lab.ask(`x${++asked}.example`);
  assert.deepEqual(failuresOf(lab), { timeout: 1 });
  const slow = () => {
    const { address, port } = lab.upstream.endpoint;
    const counters = lab.resolver
      .upstreamCounters()
      .find(({ endpoint, transport }) => endpoint === `${address}:${port}` && transport === 'udp')!;
    return counters.durations
      .get(0)!
      .slice(12)
      .reduce((sum, count) => sum + count); // above 512 ms
  };
  for (let i = 0; i < 200 && slow() === 0; i++) await pause(10);
  assert.equal(slow(), 1);
  assert.deepEqual(failuresOf(lab), { timeout: 1 });
});

test('a port that is closed is refused, and found down also when no client asks', async (t) => {
  const port = await freePort();
  const lab = await startLab(t, { config: { upstreams: [{ address: '127.0.0.1', port }] } });
  const server = () => lab.resolver.servers()[0]!;
  for (let i = 0; i < 60 && server().state !== 'down'; i++) {
    lab.clock.skip(1);
    await pause(50);
  }
  assert.equal(server().state, 'down');
  assert.ok(server().failures.refused >= 3 && server().failures.timeout === 0, JSON.stringify(server()));
  await lab.ask('x.example');
  assert.equal(server().failures.timeout, 0);
});

test('a server that is asked nothing is probed, and so found silent', async (t) => {
  const lab = await startLab(t, { upstreams: [plain] });
  await lab.ask('x.example');
  lab.clock.skip(31);
  await lab.upstream.when(() => lab.upstream.log.some(({ name }) => name.length === 1), 'a probe');
  assert.equal(first(lab).state, 'up');
  lab.upstream.script = silent;
  lab.clock.skip(31);
  for (let i = 0; i < 200 && first(lab).state !== 'down'; i++) {
    lab.clock.skip(1);
    await pause(10);
  }
  assert.equal(first(lab).state, 'down');
  assert.equal(first(lab).healthy, false);
});
