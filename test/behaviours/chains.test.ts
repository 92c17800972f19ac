// chains.test — CNAME and DNAME chains pass as they are; only complete ones are kept (section J).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses } from '../lab/message.ts';
import { a, aaaa, cname, opaque, soa } from '../lab/records.ts';
import { startLab } from '../lab/resolver.ts';
import { replying } from '../lab/scripts.ts';
import { nameBytes, type RecordSpec, type ReplySpec, rcodes, types } from '../lab/wire.ts';

/** x.example is an alias of n1.example, which is one of n2.example … and the last has an address. */
function chain(length: number): RecordSpec[] {
  const links = Array.from({ length }, (_, i) =>
    cname(`n${i + 1}.example`, i === 0 ? {} : { owner: `n${i}.example` }),
  );
  return [...links, a('10.0.0.1', { owner: `n${length}.example` })];
}

const dangling: Readonly<Record<string, ReplySpec>> = {
  'nothing at its end': { answer: [cname('t.example')] },
  'an address beside it': { answer: [cname('t.example'), a('10.0.0.9', { owner: 'off.example' })] },
  'another type at its end': { answer: [cname('t.example'), aaaa(9, { owner: 't.example' })] },
  'a bare DNAME': { answer: [opaque(types.DNAME, nameBytes('other.test'), { owner: 'example' })] },
  'two different CNAMEs': {
    answer: [
      cname('t.example'),
      cname('u.example'),
      a('10.0.0.1', { owner: 't.example' }),
      a('10.0.0.2', { owner: 'u.example' }),
    ],
  },
};
for (const [what, spec] of Object.entries(dangling)) {
  test(`relayed and not kept: a chain with ${what}`, async (t) => {
    const lab = await startLab(t, { upstreams: [replying(spec)] });
    const first = await lab.ask('x.example');
    lab.clock.skip(6); // a failure may be remembered for 5 s
    await lab.ask('x.example');
    assert(lab.upstream.asked('x.example').length >= 2);
    assert(first.rcode === rcodes.SERVFAIL || first.answer.length === spec.answer?.length);
  });
}

test('a chain that ends in an SOA is NODATA and kept by its rule', async (t) => {
  const spec = {
    answer: [cname('t.example', { ttl: 30 })],
    authority: [soa({ owner: 'example', minimum: 6 })],
  };
  const lab = await startLab(t, { upstreams: [replying(spec)] });
  await lab.ask({ name: 'x.example', type: types.AAAA });
  const hit = await lab.ask({ name: 'x.example', type: types.AAAA });
  assert.deepEqual([hit.rcode, hit.answer.length, hit.authority.length], [rcodes.NOERROR, 1, 1]);
  assert.equal(lab.upstream.asked('x.example').length, 1);
  lab.clock.skip(7);
  await lab.ask({ name: 'x.example', type: types.AAAA });
  assert.equal(lab.upstream.asked('x.example').length, 2);
});

const loops: Readonly<Record<string, RecordSpec[]>> = {
  'an alias of itself': [cname('x.example')],
  'two aliases of each other': [cname('y.example'), cname('x.example', { owner: 'y.example' })],
};
for (const [what, answer] of Object.entries(loops)) {
  test(`no storm from ${what}`, async (t) => {
    const lab = await startLab(t, { upstreams: [replying({ answer })] });
    await lab.ask('x.example');
    assert(lab.upstream.log.filter(({ name }) => name.length > 1).length <= 3);
  });
}

test('exact duplicates of a CNAME are tolerated', async (t) => {
  const answer = [cname('t.example'), cname('t.example'), a('10.0.0.1', { owner: 't.example' })];
  const lab = await startLab(t, { upstreams: [replying({ answer })] });
  assert.deepEqual(addresses(await lab.ask('x.example')), ['10.0.0.1']);
});

for (const type of [types.CNAME, types.ANY]) {
  test(`a CNAME answers a question of type ${type}, and is kept`, async (t) => {
    const lab = await startLab(t, { upstreams: [replying({ answer: [cname('t.example')] })] });
    // ANY is too large an answer for some to give over UDP; twindns forwards it.
    for (const _ of ['miss', 'hit']) {
      assert.equal((await lab.ask({ name: 'x.example', type })).answer[0]?.type, types.CNAME);
    }
    assert.equal(lab.upstream.asked('x.example').length, 1);
  });
}

test('a DNAME with its CNAME is relayed unchanged', async (t) => {
  const answer = [
    opaque(types.DNAME, nameBytes('other.test'), { owner: 'example' }),
    cname('x.other.test'),
    a('10.0.0.1', { owner: 'x.other.test' }),
  ];
  const lab = await startLab(t, { upstreams: [replying({ answer })] });
  for (const _ of ['miss', 'hit']) {
    const reply = await lab.ask('x.example');
    assert.deepEqual(
      reply.answer.map(({ type }) => type),
      [types.DNAME, types.CNAME, types.A],
    );
    assert.deepEqual(reply.answer[0]?.name, nameBytes('example'));
    assert.deepEqual(reply.answer[0]?.rdata, nameBytes('other.test'));
  }
});

for (const length of [1, 9, 16]) {
  test(`a chain of ${length} passes and is kept`, async (t) => {
    const answer = chain(length);
    const lab = await startLab(t, { upstreams: [replying({ answer })] });
    for (const round of ['miss', 'hit']) {
      const reply = await lab.ask({ name: 'x.example', edns: { size: 1232 } });
      assert.deepEqual([reply.answer.length, addresses(reply)], [length + 1, ['10.0.0.1']], round);
      assert.deepEqual(
        reply.answer.map(({ rdata }) => rdata),
        answer.map(({ rdata }) => Buffer.from(rdata)),
        round,
      );
    }
    assert.equal(lab.upstream.asked('x.example').length, 1);
  });
}
