// negative.test — "There is no such name" and "no such type here": how long, for what, and for what not (section G).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses } from '../lab/message.ts';
import { a, cname, ns, soa } from '../lab/records.ts';
import { startLab } from '../lab/resolver.ts';
import { inTurn, replying } from '../lab/scripts.ts';
import { type ReplySpec, rcodes, types } from '../lab/wire.ts';

const { NXDOMAIN, NOERROR } = rcodes;

for (const rcode of [NXDOMAIN, NOERROR]) {
  const what = rcode === NXDOMAIN ? 'NXDOMAIN' : 'NODATA';

  for (const [ttl, minimum] of [
    [25, 6],
    [6, 25],
  ] as const) {
    test(`${what} lives for the lower of SOA TTL ${ttl} and minimum ${minimum}`, async (t) => {
      const authority = [soa({ owner: 'example', ttl, minimum })];
      const lab = await startLab(t, { upstreams: [replying({ rcode, authority })] });
      const first = await lab.ask('no.example');
      assert.deepEqual([first.rcode, first.authority[0]?.type], [rcode, types.SOA]);
      assert(first.authority[0]!.ttl <= ttl);
      lab.clock.skip(5);
      const hit = await lab.ask('no.example');
      assert.deepEqual([hit.rcode, lab.upstream.asked('no.example').length], [rcode, 1]);
      assert(hit.authority[0]!.ttl <= ttl - 4);
      lab.clock.skip(2);
      await lab.ask('no.example');
      assert.equal(lab.upstream.asked('no.example').length, 2);
    });
  }

  test(`${what} without an SOA is not kept for longer than a few seconds`, async (t) => {
    const lab = await startLab(t, { upstreams: [replying({ rcode })] });
    assert.equal((await lab.ask('no.example')).rcode, rcode);
    lab.clock.skip(6);
    assert.equal((await lab.ask('no.example')).rcode, rcode);
    assert.equal(lab.upstream.asked('no.example').length, 2);
  });

  test(`${what} with the SOA of another zone is not kept either`, async (t) => {
    const lab = await startLab(t, {
      upstreams: [replying({ rcode, authority: [soa({ owner: 'elsewhere.test' })] })],
    });
    await lab.ask('no.example');
    lab.clock.skip(6);
    await lab.ask('no.example');
    assert.equal(lab.upstream.asked('no.example').length, 2);
  });

  test(`${what} gives way to new data`, async (t) => {
    const lab = await startLab(t, {
      upstreams: [
        inTurn(
          replying({ rcode, authority: [soa({ owner: 'example', minimum: 5 })] }),
          replying({ answer: [a('10.0.0.1')] }),
        ),
      ],
    });
    await lab.ask('new.example');
    lab.clock.skip(6);
    for (const _ of ['miss', 'hit']) assert.deepEqual(addresses(await lab.ask('new.example')), ['10.0.0.1']);
  });
}

for (const order of [
  [types.A, types.AAAA],
  [types.AAAA, types.A],
]) {
  test(`no AAAA says nothing about A: asked ${order.join(', ')}`, async (t) => {
    const lab = await startLab(t, {
      upstreams: [
        replying(({ type }) =>
          type === types.A ? { answer: [a('10.0.0.1')] } : { authority: [soa({ owner: 'example' })] },
        ),
      ],
    });
    for (const _ of ['miss', 'hit']) {
      for (const type of order) {
        const reply = await lab.ask({ name: 'v4.example', type });
        assert.deepEqual([reply.rcode, reply.answer.length], [NOERROR, type === types.A ? 1 : 0]);
      }
    }
    const both = await Promise.all(order.map((type) => lab.ask({ name: 'V4.example', type })));
    assert.deepEqual(both.map(({ answer }) => answer.length).sort(), [0, 1]);
  });
}

const kept: Readonly<Record<string, ReplySpec>> = {
  NODATA: { authority: [soa({ owner: 'example' })] },
  NXDOMAIN: { rcode: NXDOMAIN, authority: [soa({ owner: 'example' })] },
  SERVFAIL: { rcode: rcodes.SERVFAIL },
};
for (const [name, spec] of Object.entries(kept)) {
  test(`${name} stays ${name}, on hits too`, async (t) => {
    const lab = await startLab(t, { upstreams: [replying(spec)] });
    for (let i = 0; i < 3; i++) {
      const reply = await lab.ask({ name: 'same.example', ...(i === 2 && { edns: {} }) });
      assert.deepEqual([reply.rcode, reply.answer.length], [spec.rcode ?? NOERROR, 0]);
    }
  });
}

test('a referral is not NODATA', async (t) => {
  const referral = { authority: [ns('ns.example', { owner: 'example' })] };
  const lab = await startLab(t, { upstreams: [replying(referral)] });
  await lab.ask('referred.example');
  lab.clock.skip(6);
  await lab.ask('referred.example');
  assert.equal(lab.upstream.asked('referred.example').length, 2);
});

test('NXDOMAIN behind a CNAME is relayed, and the alias is not declared absent', async (t) => {
  const dangling = {
    rcode: NXDOMAIN,
    answer: [cname('gone.example')],
    authority: [soa({ owner: 'example' })],
  };
  const lab = await startLab(t, {
    upstreams: [
      replying(({ type }) => (type === types.CNAME ? { answer: [cname('gone.example')] } : dangling)),
    ],
  });
  for (const _ of ['miss', 'hit']) {
    const reply = await lab.ask('alias.example');
    assert.deepEqual([reply.rcode, reply.answer[0]?.type], [NXDOMAIN, types.CNAME]);
  }
  const alias = await lab.ask({ name: 'alias.example', type: types.CNAME });
  assert.deepEqual([alias.rcode, alias.answer.length], [NOERROR, 1]);
});

test('NXDOMAIN of a name hides nothing below it, NSEC or not', async (t) => {
  const lab = await startLab(t, {
    upstreams: [
      replying(({ name }) =>
        name.length > 12
          ? { answer: [a('10.0.0.1')] }
          : {
              rcode: NXDOMAIN,
              authority: [
                soa({ owner: 'example' }),
                { owner: 'b.example', type: types.NSEC, rdata: Buffer.from('\0\0\x01\x02') },
              ],
            },
      ),
    ],
  });
  assert.equal((await lab.ask({ name: 'b.example', edns: { do: true } })).rcode, NXDOMAIN);
  assert.deepEqual(addresses(await lab.ask('abc.b.example')), ['10.0.0.1']);
});
