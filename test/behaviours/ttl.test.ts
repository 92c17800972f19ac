// ttl.test — TTLs count down, end, and stay within bounds (section F).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses, ttls } from '../lab/message.ts';
import { a, cname, ns, rrsig } from '../lab/records.ts';
import { startLab } from '../lab/resolver.ts';
import { failing, Gate, inTurn, plain, replying } from '../lab/scripts.ts';
import { buildQuery, types } from '../lab/wire.ts';

test('every TTL counts down', async (t) => {
  const lab = await startLab(t, {
    upstreams: [
      replying({
        answer: [a('10.0.0.1', { ttl: 20 })],
        authority: [ns('ns.example', { ttl: 20 })],
        additional: [a('10.0.0.53', { owner: 'ns.example', ttl: 20 })],
      }),
    ],
  });
  assert.deepEqual(new Set(ttls(await lab.ask('x.example'))), new Set([20]));
  lab.clock.skip(10);
  const left = ttls(await lab.ask('x.example'));
  assert.equal(lab.upstream.asked('x.example').length, 1);
  assert(left.length >= 1 && left.every((ttl) => ttl >= 9 && ttl <= 10), String(left));
});

test('TTLs never grow while an answer is cached', async (t) => {
  const lab = await startLab(t, { upstreams: [replying({ answer: [a('10.0.0.1', { ttl: 12 })] })] });
  let last = 12;
  for (let i = 0; i < 20; i++) {
    const [ttl] = ttls(await lab.ask('x.example'));
    assert(ttl! >= 0 && ttl! <= last, `${ttl} after ${last}`);
    last = ttl!;
    lab.clock.skip(0.5);
  }
});

test('the flags of EDNS are not a TTL: DO stays on a hit 10 s old', async (t) => {
  const lab = await startLab(t, {
    upstreams: [replying({ answer: [a('10.0.0.1', { ttl: 25 })], edns: { do: true } })],
  });
  await lab.ask({ name: 'x.example', edns: { do: true } });
  lab.clock.skip(10);
  const { edns } = await lab.ask({ name: 'x.example', edns: { do: true } });
  assert.deepEqual([edns?.do, edns?.extendedRcode, edns?.version, edns?.reserved], [true, 0, 0, 0]);
});

test('at the end of its TTL an answer has expired', async (t) => {
  const lab = await startLab(t, { upstreams: [replying({ answer: [a('10.0.0.1', { ttl: 10 })] })] });
  await lab.ask('x.example');
  lab.clock.skip(10);
  assert.deepEqual(ttls(await lab.ask('x.example')), [10]);
  assert.equal(lab.upstream.asked('x.example').length, 2);
});

test('TTL 0 is relayed and not kept', async (t) => {
  const lab = await startLab(t, { upstreams: [replying({ answer: [a('10.0.0.1', { ttl: 0 })] })] });
  for (let asked = 1; asked <= 3; asked++) {
    assert.deepEqual(ttls(await lab.ask('x.example')), [0]);
    assert.equal(lab.upstream.asked('x.example').length, asked);
  }
});

test('a TTL 0 answer is shared by those who were waiting for it', async (t) => {
  const gate = new Gate();
  const lab = await startLab(t, {
    upstreams: [gate.before(replying({ answer: [a('10.0.0.1', { ttl: 0 })] }))],
  });
  const asks = [lab.ask('x.example'), lab.ask('x.example'), lab.ask('x.example')];
  await lab.upstream.when(() => lab.upstream.asked('x.example').length > 0, 'the query');
  // The probe is answered after all earlier datagrams were read.
  lab.upstream.script = plain;
  await lab.ask('probe.example');
  gate.open();
  for (const reply of await Promise.all(asks)) assert.deepEqual(addresses(reply), ['10.0.0.1']);
  assert.equal(lab.upstream.asked('x.example').length, 1);
});

for (const ttl of [86_400, 0x7fffffff, 0x80000000, 0xffffffff]) {
  test(`a TTL of ${ttl} becomes 0 or at most the cap of 30 s, and ends`, async (t) => {
    const lab = await startLab(t, { upstreams: [replying({ answer: [a('10.0.0.1', { ttl })] })] });
    for (const round of ['miss', 'hit']) {
      const [seen] = ttls(await lab.ask('x.example'));
      assert(seen! >= 0 && seen! <= 30, `${round}: ${seen}`);
    }
    lab.clock.skip(31);
    const before = lab.upstream.asked('x.example').length;
    await lab.ask('x.example');
    assert.equal(lab.upstream.asked('x.example').length, before + 1);
  });
}

test('the lowest TTL of the answer governs', async (t) => {
  const answer = [cname('t.example', { ttl: 25 }), a('10.0.0.1', { owner: 't.example', ttl: 8 })];
  const lab = await startLab(t, { upstreams: [replying({ answer })] });
  await lab.ask('x.example');
  lab.clock.skip(9);
  await lab.ask('x.example');
  assert.equal(lab.upstream.asked('x.example').length, 2);
});

test('the wall clock does not matter', async (t) => {
  const lab = await startLab(t, { upstreams: [replying({ answer: [a('10.0.0.1', { ttl: 20 })] })] });
  await lab.ask('x.example');
  const now = Date.now();
  t.mock.timers.enable({ apis: ['Date'], now });
  for (const step of [3_600_000, -3_600_000]) {
    t.mock.timers.setTime(now + step);
    const [ttl] = ttls(await lab.ask('x.example'));
    assert(ttl! > 0 && ttl! <= 20);
  }
  assert.equal(lab.upstream.asked('x.example').length, 1);
  lab.clock.skip(21);
  await lab.ask('x.example');
  assert.equal(lab.upstream.asked('x.example').length, 2);
});

test('new data is served once the old has expired', async (t) => {
  const lab = await startLab(t, {
    upstreams: [
      inTurn(
        replying({ answer: [a('10.0.0.1', { ttl: 6 })] }),
        replying({ answer: [a('10.0.0.2', { ttl: 6 })] }),
      ),
    ],
  });
  assert.deepEqual(addresses(await lab.ask('x.example')), ['10.0.0.1']);
  lab.clock.skip(7);
  assert.deepEqual(addresses(await lab.ask({ name: 'x.example', type: types.A })), ['10.0.0.2']);
});

test('a refresh ahead of time happens once, and when it fails nothing outlives its TTL', async (t) => {
  const gate = new Gate();
  const lab = await startLab(t, { upstreams: [replying({ answer: [a('10.0.0.1', { ttl: 20 })] })] });
  for (let i = 0; i < 5; i++) await lab.ask('hot.example');
  lab.upstream.script = gate.before(failing(), ({ name }) => name.includes('hot'));
  lab.clock.skip(18.8);
  for (let i = 0; i < 5; i++) assert.deepEqual(addresses(await lab.ask('hot.example')), ['10.0.0.1']);
  assert(lab.upstream.asked('hot.example').length <= 2);
  gate.open();
  await lab.settled();
  lab.upstream.script = replying({ answer: [a('10.0.0.2', { ttl: 20 })] });
  lab.clock.skip(2);
  assert.deepEqual(addresses(await lab.ask('hot.example')), ['10.0.0.2']);
});

test('what lay ready counts as asked for: a name asked often is asked again in the last part of its life, a rare one is not', async (t) => {
  const lab = await startLab(t, { upstreams: [replying({ answer: [a('10.0.0.1', { ttl: 20 })] })] });
  for (const [name, times] of [
    ['often.example', 5],
    ['rarely.example', 2],
  ] as const) {
    const client = await lab.udp();
    for (let i = 0; i < times; i++) {
      client.send(buildQuery({ id: 7, name })); // the same bytes each time
      await client.next();
    }
  }
  lab.clock.skip(18.8);
  for (const name of ['often.example', 'rarely.example']) await lab.ask(name);
  await lab.settled();
  assert.deepEqual(
    ['often.example', 'rarely.example'].map((name) => lab.upstream.asked(name).length),
    [2, 1],
  );
});

test('signatures that have expired are relayed, not kept', async (t) => {
  const expired = rrsig(types.A);
  Buffer.from(expired.rdata.buffer, expired.rdata.byteOffset).writeUInt32BE(1_000_000_000, 8);
  const lab = await startLab(t, {
    upstreams: [replying({ answer: [a('10.0.0.1'), expired], edns: { do: true } })],
  });
  for (let asked = 1; asked <= 2; asked++) {
    const reply = await lab.ask({ name: 'x.example', edns: { do: true } });
    assert.deepEqual(
      reply.answer.map(({ type }) => type),
      [types.A, types.RRSIG],
    );
    assert.equal(lab.upstream.asked('x.example').length, asked);
  }
});
