// failures.test — failures are remembered briefly, each for its own question (section I).

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freePort } from '../lab/free-port.ts';
import { addresses } from '../lab/message.ts';
import { a } from '../lab/records.ts';
import { type Lab, startLab } from '../lab/resolver.ts';
import { failing, plain, replying, type Script, silent } from '../lab/scripts.ts';
import { timed } from '../lab/timed.ts';
import { flags, options, rcodes, types } from '../lab/wire.ts';

describe('when upstreams are silent', { concurrency: true }, () => {
  test('SERVFAIL in 4 s, remembered for a moment, then tried again', async (t) => {
    const lab = await startLab(t, { upstreams: [silent] });
    const first = await timed(lab.ask('x.example'));
    assert.equal(first.value.rcode, rcodes.SERVFAIL);
    assert(first.ms < 4500, `${first.ms} ms`);
    const before = lab.upstream.asked('x.example').length;
    assert(before <= 6, `${before} sends`);
    const second = await timed(lab.ask('x.example'));
    assert.equal(second.value.rcode, rcodes.SERVFAIL);
    assert(second.ms < 200, `${second.ms} ms`);
    assert.equal(lab.upstream.asked('x.example').length, before);
    lab.upstream.script = plain;
    lab.clock.skip(301);
    assert.deepEqual(addresses(await lab.ask('x.example')), ['192.0.2.1']);
  });

  test('one client query causes at most three packets a server', async (t) => {
    const lab = await startLab(t, { upstreams: [silent, silent] });
    await lab.ask('x.example');
    for (const upstream of lab.upstreams) assert(upstream.asked('x.example').length <= 3);
  });
});

test('SERVFAIL from upstream is remembered for 1 to 300 s', async (t) => {
  const lab = await startLab(t, { upstreams: [failing()] });
  await lab.ask('x.example');
  const before = lab.upstream.asked('x.example').length;
  assert.equal((await lab.ask('x.example')).rcode, rcodes.SERVFAIL);
  assert.equal(lab.upstream.asked('x.example').length, before);
  lab.clock.skip(301);
  assert.equal((await lab.ask('x.example')).rcode, rcodes.SERVFAIL);
  assert(lab.upstream.asked('x.example').length > before);
});

test('a failure is for its own type, class, DO and CD', async (t) => {
  const lab = await startLab(t, {
    upstreams: [
      replying(({ type, bytes }) => {
        const failed = type === types.AAAA || (bytes.readUInt16BE(2) & flags.CD) === 0;
        return failed && type !== types.TXT ? { rcode: rcodes.SERVFAIL } : { answer: [a('10.0.0.1')] };
      }),
    ],
  });
  assert.equal((await lab.ask({ name: 'x.example', type: types.AAAA })).rcode, rcodes.SERVFAIL);
  assert.equal((await lab.ask({ name: 'x.example' })).rcode, rcodes.SERVFAIL);
  const unchecked = await lab.ask({ name: 'x.example', flags: flags.RD | flags.CD });
  assert.deepEqual(addresses(unchecked), ['10.0.0.1']);
});

test('SERVFAIL for AAAA does not fail A', async (t) => {
  const lab = await startLab(t, {
    upstreams: [
      replying(({ type }) => (type === types.A ? { answer: [a('10.0.0.1')] } : { rcode: rcodes.SERVFAIL })),
    ],
  });
  assert.equal((await lab.ask({ name: 'x.example', type: types.AAAA })).rcode, rcodes.SERVFAIL);
  assert.deepEqual(addresses(await lab.ask('x.example')), ['10.0.0.1']);
});

test('a TTL 0 answer after a failure is delivered', async (t) => {
  const lab = await startLab(t, { upstreams: [failing()] });
  await lab.ask('x.example');
  lab.upstream.script = replying({ answer: [a('10.0.0.1', { ttl: 0 })] });
  lab.clock.skip(301);
  assert.deepEqual(addresses(await lab.ask('x.example')), ['10.0.0.1']);
});

test('without any upstream the answer is SERVFAIL, at once', async (t) => {
  const lab = await startLab(t, { config: { upstreams: [] } });
  const { value, ms } = await timed(lab.ask({ name: 'x.example', edns: {} }));
  assert.deepEqual([value.rcode, value.edns !== undefined], [rcodes.SERVFAIL, true]);
  assert(ms < 500, `${ms} ms`);
});

/** The Extended DNS Error a client gets that speaks EDNS. */
async function reasonFor(lab: Lab, name = 'x.example'): Promise<number | undefined> {
  const { edns } = await lab.ask({ name, edns: {} });
  return edns?.options.find(({ code }) => code === options.EDE)?.data.readUInt16BE(0);
}

const bogus = { options: [{ code: options.EDE, data: Buffer.from('\0\u0006no signature') }] };
const reasons: readonly (readonly [what: string, script: Script, at: readonly (number | undefined)[]])[] = [
  ['a failure with a reason', replying({ rcode: rcodes.SERVFAIL, edns: bogus }), [6, 6]],
  ['a failure without one', replying({ rcode: rcodes.SERVFAIL, edns: {} }), [undefined, 13]],
  ['an answer with one', replying({ answer: [a('10.0.0.1')], edns: bogus }), [6, 6, 6]],
  ['an answer without one', replying({ answer: [a('10.0.0.1')], edns: {} }), [undefined, undefined]],
  ['nothing', silent, [22, 22]],
];

describe('why there is no answer', { concurrency: true }, () => {
  for (const [what, script, expected] of reasons)
    test(`is told where the upstream sends ${what}: ${expected.join(', ')}`, async (t) => {
      const lab = await startLab(t, { upstreams: [script] });
      for (const reason of expected) assert.equal(await reasonFor(lab), reason);
      assert.equal((await lab.ask('x.example')).edns, undefined);
    });

  test('is told where the network knows no way to any upstream', async (t) => {
    const lab = await startLab(t, {
      upstreams: [],
      config: { upstreams: [{ address: '127.0.0.1', port: await freePort() }] },
    });
    assert.equal(await reasonFor(lab), 23);
  });
});
