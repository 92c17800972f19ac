// coalescing.test — the same question asked by many at once is asked upstream once (section M).

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addresses, parseMessage } from '../lab/message.ts';
import { manyAddresses } from '../lab/records.ts';
import { startLab } from '../lab/resolver.ts';
import { cutting, Gate, plain, silent } from '../lab/scripts.ts';
import { timed } from '../lab/timed.ts';
import { buildQuery, rcodes } from '../lab/wire.ts';

test('200 at once, over UDP and TCP, in all spellings: one query upstream, 200 right answers', async (t) => {
  const gate = new Gate();
  const lab = await startLab(t, { upstreams: [gate.before(plain, ({ name }) => !name.includes('probe'))] });
  const spell = (i: number) =>
    [...'same.example'].map((char, at) => ((i >> (at % 7)) & 1 ? char.toUpperCase() : char)).join('');
  const asks = Array.from({ length: 200 }, (_, i) => {
    const query = buildQuery({ id: 1000 + i, name: spell(i) });
    return lab.ask(query, i % 4 === 0 ? 'tcp' : 'udp').then((reply) => {
      assert.deepEqual([reply.id, addresses(reply)], [1000 + i, ['192.0.2.1']]);
      assert.deepEqual(reply.question, parseMessage(query).question);
    });
  });
  await lab.upstream.when(() => lab.upstream.asked('same.example').length > 0, 'the query');
  await lab.ask('probe.example');
  gate.open();
  await Promise.all(asks);
  assert.equal(lab.upstream.asked('same.example').length, 1);
});

test('the first asker leaves; the others are answered', async (t) => {
  const gate = new Gate();
  const lab = await startLab(t, { upstreams: [gate.before(plain, ({ name }) => name.includes('slow'))] });
  const leaver = await lab.tcp();
  leaver.send(buildQuery({ name: 'slow.example' }));
  await lab.upstream.when(() => lab.upstream.asked('slow.example').length > 0, 'the query');
  const follower = await lab.udp();
  follower.send(buildQuery({ id: 2, name: 'slow.example' }));
  await lab.ask('probe.example');
  leaver.reset();
  gate.open();
  assert.deepEqual(addresses(parseMessage(await follower.next())), ['192.0.2.1']);
  assert.equal(lab.upstream.asked('slow.example').length, 1);
});

test('each waiter gets what fits it: TC over small UDP, everything over TCP', async (t) => {
  const gate = new Gate();
  const lab = await startLab(t, { upstreams: [gate.before(cutting({ answer: manyAddresses(60) }))] });
  const asks = [
    lab.ask('big.example'),
    lab.ask('big.example', 'tcp'),
    lab.ask({ name: 'big.example', edns: { size: 1232 } }),
  ];
  await lab.upstream.when(() => lab.upstream.asked('big.example').length > 0, 'the query');
  gate.open();
  const [small, whole, large] = await Promise.all(asks);
  assert.deepEqual([small?.tc, small && small.bytes.length <= 512], [true, true]);
  assert.deepEqual([whole?.tc, whole?.answer.length], [false, 60]);
  assert.deepEqual([large?.tc, large?.answer.length], [false, 60]);
  assert.equal(lab.upstream.asked('big.example').length, 1);
});

test('a client that repeats itself causes nothing upstream', async (t) => {
  const gate = new Gate();
  const lab = await startLab(t, { upstreams: [gate.before(plain, ({ name }) => name.includes('slow'))] });
  const client = await lab.udp();
  const query = buildQuery({ id: 5, name: 'slow.example' });
  for (let i = 0; i < 5; i++) client.send(query);
  client.send(buildQuery({ id: 6, name: 'probe.example' }));
  await client.until(6);
  gate.open();
  assert.deepEqual(addresses(parseMessage((await client.until(5)).message)), ['192.0.2.1']);
  assert.equal(lab.upstream.asked('slow.example').length, 1);
});

describe('when the upstream is silent', { concurrency: true }, () => {
  test('all waiters get SERVFAIL together, and later questions start afresh', async (t) => {
    const lab = await startLab(t, { upstreams: [silent] });
    const { value, ms } = await timed(Promise.all(Array.from({ length: 50 }, () => lab.ask('dead.example'))));
    assert(value.every(({ rcode }) => rcode === rcodes.SERVFAIL));
    assert(ms < 4600, `${ms} ms`);
    assert(lab.upstream.asked('dead.example').length <= 6);
    assert.equal(lab.resolver.status().inFlight, 0);
    lab.upstream.script = plain;
    lab.clock.skip(301);
    assert.deepEqual(addresses(await lab.ask('dead.example')), ['192.0.2.1']);
  });
});
