// stale.test — an expired answer is better than none, and worse than any fresh one (section H).

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { addresses, ttls } from '../lab/message.ts';
import { a, rrsig, soa } from '../lab/records.ts';
import { type Lab, startLab } from '../lab/resolver.ts';
import { failing, plain, replying, type Script, silent } from '../lab/scripts.ts';
import { timed } from '../lab/timed.ts';
import { buildReply, options, questionBytes, rcodes, types } from '../lab/wire.ts';

const old = replying({ answer: [a('10.0.0.1', { ttl: 2 })] });
const fresh = replying({ answer: [a('10.0.0.2', { ttl: 2 })] });

/** A lab whose answer for x.example, 10.0.0.1, has just expired and whose upstream now follows the script. */
async function expired(t: Parameters<typeof startLab>[0], script: Script): Promise<Lab> {
  const lab = await startLab(t, { upstreams: [old] });
  assert.deepEqual(addresses(await lab.ask('x.example')), ['10.0.0.1']);
  lab.clock.skip(3);
  lab.upstream.script = script;
  return lab;
}

describe('with an expired answer', { concurrency: true }, () => {
  test('silence brings the old answer after about 1.8 s, with a small TTL and the reason', async (t) => {
    const lab = await expired(t, silent);
    const { value, ms } = await timed(lab.ask({ name: 'x.example', edns: {} }));
    assert.deepEqual([value.rcode, addresses(value)], [rcodes.NOERROR, ['10.0.0.1']]);
    assert(ms < 2300, `${ms} ms`);
    const [ttl] = ttls(value);
    assert(ttl! > 0 && ttl! <= 30, String(ttl));
    const reason = value.edns?.options.find(({ code }) => code === options.EDE);
    if (reason) assert.equal(reason.data.readUInt16BE(0), 3);
  });

  test('after a failed refresh the old answer comes at once, and upstreams are left alone', async (t) => {
    const lab = await expired(t, silent);
    await lab.ask('x.example');
    await lab.settled();
    const before = lab.upstream.asked('x.example').length;
    for (let i = 0; i < 3; i++) {
      const { value, ms } = await timed(lab.ask('x.example'));
      assert.deepEqual(addresses(value), ['10.0.0.1']);
      assert(ms < 500, `${ms} ms`);
    }
    assert(lab.upstream.asked('x.example').length <= before + 1);
  });

  test('soon after a server is back, answers are fresh', async (t) => {
    const lab = await expired(t, silent);
    assert.deepEqual(addresses(await lab.ask('x.example')), ['10.0.0.1']);
    assert.equal((await lab.ask('new.example')).rcode, rcodes.SERVFAIL);
    await lab.settled();
    lab.upstream.script = fresh;
    for (const name of ['x.example', 'new.example']) {
      const until = async () => {
        while (!addresses(await lab.ask(name)).includes('10.0.0.2')) await pause(20);
      };
      const { ms } = await timed(until());
      assert(ms < 3000, `${name}: ${ms} ms`);
    }
  });

  test('a fresh answer in time wins', async (t) => {
    const lab = await expired(t, fresh);
    assert.deepEqual(addresses(await lab.ask('x.example')), ['10.0.0.2']);
  });

  for (const [what, rcode] of [
    ['NXDOMAIN', rcodes.NXDOMAIN],
    ['NODATA', rcodes.NOERROR],
  ] as const) {
    test(`${what} wins and replaces it`, async (t) => {
      const lab = await expired(t, replying({ rcode, authority: [soa({ owner: 'example', minimum: 2 })] }));
      const reply = await lab.ask('x.example');
      assert.deepEqual([reply.rcode, reply.answer.length], [rcode, 0]);
      lab.clock.skip(3);
      lab.upstream.script = failing();
      assert.deepEqual(addresses(await lab.ask('x.example')), []);
    });
  }

  for (const [what, newer] of [
    ['an answer with TTL 0', { answer: [a('10.0.0.2', { ttl: 0 })] }],
    ['NXDOMAIN without an SOA', { rcode: rcodes.NXDOMAIN }],
    ['NODATA without an SOA', {}],
  ] as const) {
    test(`${what} may not be kept, and ends its life all the same`, async (t) => {
      const lab = await expired(t, replying(newer));
      await lab.ask('x.example');
      lab.upstream.script = failing();
      const reply = await lab.ask('x.example');
      assert.deepEqual([reply.rcode, addresses(reply)], [rcodes.SERVFAIL, []]);
    });
  }

  const failures: Readonly<Record<string, Script>> = {
    SERVFAIL: failing(),
    REFUSED: failing(rcodes.REFUSED),
    NOTIMP: failing(rcodes.NOTIMP),
    'a reply to another question': ({ bytes }) =>
      buildReply(bytes, { question: questionBytes('other.example'), answer: [a('6.6.6.6')] }),
    garbage: ({ bytes }) => buildReply(bytes, { answer: [a('6.6.6.6')] }).subarray(0, -3),
  };
  for (const [what, script] of Object.entries(failures)) {
    test(`${what} keeps it: old answer now, new answer later`, async (t) => {
      const lab = await expired(t, script);
      const { value, ms } = await timed(lab.ask('x.example'));
      assert.deepEqual(addresses(value), ['10.0.0.1']);
      assert(ms < 2300, `${ms} ms`);
      assert.deepEqual(addresses(await lab.ask('x.example')), ['10.0.0.1']);
      await lab.settled();
      lab.upstream.script = fresh;
      lab.clock.skip(301);
      assert.deepEqual(addresses(await lab.ask('x.example')), ['10.0.0.2']);
    });
  }

  test('weeks later it is gone', async (t) => {
    const lab = await expired(t, failing());
    lab.clock.skip(8 * 86_400);
    assert.equal((await lab.ask('x.example')).rcode, rcodes.SERVFAIL);
  });

  test('signatures kept for DO are not shown to others', async (t) => {
    const lab = await startLab(t, {
      upstreams: [
        replying({ answer: [a('10.0.0.1', { ttl: 2 }), rrsig(types.A, { ttl: 2 })], edns: { do: true } }),
      ],
    });
    await lab.ask({ name: 'x.example', edns: { do: true } });
    lab.clock.skip(3);
    lab.upstream.script = failing();
    for (const wanted of [false, true]) {
      const reply = await lab.ask({ name: 'x.example', edns: { do: wanted } });
      assert(wanted || !reply.answer.some(({ type }) => type === types.RRSIG));
    }
  });
});

test('an expired failure is never served: the next question is asked again', async (t) => {
  const lab = await startLab(t, { upstreams: [failing()] });
  assert.equal((await lab.ask('x.example')).rcode, rcodes.SERVFAIL);
  lab.upstream.script = plain;
  lab.clock.skip(301);
  assert.deepEqual(addresses(await lab.ask('x.example')), ['192.0.2.1']);
});
