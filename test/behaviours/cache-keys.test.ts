// cache-keys.test — what counts as the same question, and what a cached answer may be used for (sections A and E).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses, parseMessage } from '../lab/message.ts';
import { a, aaaa, cname, ns, rrsig, soa } from '../lab/records.ts';
import { startLab } from '../lab/resolver.ts';
import { failing, inTurn, plain, replying, type Script } from '../lab/scripts.ts';
import {
  buildQuery,
  buildReply,
  flags,
  type Name,
  nameBytes,
  options,
  questionBytes,
  questionOf,
  rcodes,
  types,
} from '../lab/wire.ts';

test('the same question again is answered from the cache, with the second id and RD', async (t) => {
  const lab = await startLab(t);
  assert.equal((await lab.ask({ name: 'x.example', id: 1 })).id, 1);
  const hit = await lab.ask({ name: 'x.example', id: 2 });
  assert.deepEqual([hit.id, hit.rd, addresses(hit)], [2, true, ['192.0.2.1']]);
  assert.equal(lab.upstream.asked('x.example').length, 1);
});

test('case makes no difference, and every client gets its own spelling back', async (t) => {
  const lab = await startLab(t);
  for (const name of ['spelling.example', 'SpElLiNg.ExAmPlE', 'SPELLING.EXAMPLE']) {
    const reply = await lab.ask(name);
    assert.deepEqual(reply.question, questionBytes(name));
    assert.deepEqual(reply.answer[0]?.name, nameBytes(name));
  }
  assert.equal(lab.upstream.asked('spelling.example').length, 1);
});

test('an upstream that respells the question does not respell it for the client', async (t) => {
  const shout = replying(({ type }) => ({
    question: questionBytes('LOUD.EXAMPLE', type),
    answer: [a('10.0.0.1')],
  }));
  const lab = await startLab(t, { upstreams: [shout] });
  for (const name of ['loud.example', 'Loud.Example']) {
    const reply = await lab.ask(name);
    assert.deepEqual([reply.question, addresses(reply)], [questionBytes(name), ['10.0.0.1']]);
  }
});

/** Names that careless code takes for one another. */
const lookalikes: readonly [what: string, one: Name, other: Name][] = [
  ['a dot inside a label', ['www.example', 'com'], ['www', 'example', 'com']],
  ['bytes that are no UTF-8', [Buffer.of(0xff), 'com'], [Buffer.of(0xfe), 'com']],
  ['a zero byte', [Buffer.from('a\0b'), 'com'], ['a', 'com']],
  ['a backslash', ['a\\b', 'com'], ['a\\\\b', 'com']],
  ['a space', ['a b', 'com'], ['ab', 'com']],
  ['letters that only look like a case', ['a@[', 'com'], ['a`{', 'com']],
  ['high bytes that differ by 0x20', [Buffer.of(0xc1), 'com'], [Buffer.of(0xe1), 'com']],
];
for (const [what, one, other] of lookalikes) {
  test(`two names are two entries and reach the upstream byte by byte: ${what}`, async (t) => {
    const first = nameBytes(one);
    const lab = await startLab(t, {
      upstreams: [replying(({ name }) => ({ answer: [a(name.equals(first) ? '10.0.0.1' : '10.0.0.2')] }))],
    });
    for (const _ of ['miss', 'hit']) {
      for (const [name, address] of [
        [one, '10.0.0.1'],
        [other, '10.0.0.2'],
      ] as const) {
        const reply = await lab.ask({ name });
        assert.deepEqual([addresses(reply), reply.question], [[address], questionBytes(name)]);
      }
    }
    assert.deepEqual(
      lab.upstream.log.map(({ name }) => name).filter((name) => name.length > 1),
      [nameBytes(one), nameBytes(other)],
    );
  });
}

test('type and class are part of the question', async (t) => {
  const lab = await startLab(t, {
    upstreams: [
      replying(({ type, class: qclass }) => {
        if (qclass !== 1) return { rcode: rcodes.NXDOMAIN, authority: [soa({ owner: 'example' })] };
        return { answer: [type === types.A ? a('10.0.0.1') : aaaa(1)] };
      }),
    ],
  });
  assert.notEqual((await lab.ask({ name: 'x.example', class: 3 })).rcode, rcodes.NOERROR);
  assert.deepEqual(addresses(await lab.ask('x.example')), ['10.0.0.1']);
  assert.equal((await lab.ask({ name: 'x.example', type: types.AAAA })).answer[0]?.type, types.AAAA);
});

for (const order of [
  [false, true, false],
  [true, false, true],
]) {
  test(`signatures come with DO and only with DO: asked ${order.map((wanted) => (wanted ? 'DO' : 'plain')).join(', ')}`, async (t) => {
    const lab = await startLab(t, {
      upstreams: [
        replying(({ bytes }) => {
          const signed = parseMessage(bytes).edns?.do === true;
          return { answer: signed ? [a('10.0.0.1'), rrsig(types.A)] : [a('10.0.0.1')], edns: { do: signed } };
        }),
      ],
    });
    for (const wanted of order) {
      const reply = await lab.ask({ name: 'signed.example', edns: { do: wanted } });
      assert.deepEqual(
        [reply.answer.some(({ type }) => type === types.RRSIG), reply.edns?.do],
        [wanted, wanted],
      );
      assert.deepEqual(addresses(reply), ['10.0.0.1']);
    }
    const bare = await lab.ask('signed.example');
    assert(!bare.answer.some(({ type }) => type === types.RRSIG));
  });
}

test('AD is for those who asked for it', async (t) => {
  const lab = await startLab(t, { upstreams: [replying({ answer: [a('10.0.0.1')], flags: flags.AD })] });
  assert.equal((await lab.ask({ name: 'ad.example' })).ad, false);
  assert.equal((await lab.ask({ name: 'ad.example', flags: flags.RD | flags.AD })).ad, true);
  assert.equal((await lab.ask({ name: 'ad.example' })).ad, false);
});

const replies = {
  positive: { answer: [a('10.0.0.1')] },
  NODATA: { authority: [soa({ owner: 'example' })] },
  NXDOMAIN: { rcode: rcodes.NXDOMAIN, authority: [soa({ owner: 'example' })] },
  SERVFAIL: { rcode: rcodes.SERVFAIL },
  REFUSED: { rcode: rcodes.REFUSED },
};
for (const [kind, spec] of Object.entries(replies)) {
  test(`RA is set, RD and CD are copied, on misses and hits: ${kind}`, async (t) => {
    const script: Script = ({ bytes }) => {
      const reply = buildReply(bytes, spec);
      reply.writeUInt8(reply.readUInt8(3) & 0x7f, 3); // RA=0, as CoreDNS has it
      return reply;
    };
    const lab = await startLab(t, { upstreams: [script] });
    for (const second of [flags.RD, flags.RD | flags.CD, flags.RD, flags.RD | flags.CD]) {
      const reply = await lab.ask({ name: 'flags.example', flags: second });
      assert.deepEqual([reply.ra, reply.rd, reply.cd], [true, true, (second & flags.CD) !== 0]);
      assert.equal(reply.z, false);
    }
  });
}

test('RD=0 is never made RD=1, and its answer is not kept for RD=1', async (t) => {
  const lab = await startLab(t, {
    upstreams: [
      replying(({ bytes }) => ({
        answer: bytes.readUInt16BE(2) & flags.RD ? [a('10.0.0.1')] : [a('10.0.0.2')],
      })),
    ],
  });
  const first = await lab.ask({ name: 'rd.example', flags: 0 });
  assert.equal(first.rd, false);
  const before = lab.upstream.asked('rd.example');
  assert(before.every(({ bytes }) => (bytes.readUInt16BE(2) & flags.RD) === 0));
  assert.deepEqual(addresses(await lab.ask('rd.example')), ['10.0.0.1']);
});

test('AA is the same on every hit', async (t) => {
  for (const authoritative of [0, flags.AA]) {
    const lab = await startLab(t, {
      upstreams: [replying({ answer: [a('10.0.0.1')], flags: authoritative })],
    });
    await lab.ask('aa.example');
    const hits = [
      await lab.ask('aa.example'),
      await lab.ask('aa.example', 'tcp'),
      await lab.ask('AA.example'),
    ];
    assert.equal(new Set(hits.map(({ aa }) => aa)).size, 1);
  }
});

for (const section of ['answer', 'authority', 'additional'] as const) {
  test(`a record beside the question, in the ${section} section, never answers another question`, async (t) => {
    const forged = a('6.6.6.6', { owner: 'victim.example' });
    const lab = await startLab(t, {
      upstreams: [
        replying(({ name }) => {
          if (!name.includes('evil')) return { answer: [a('10.0.0.1')] };
          const spec = { answer: [a('10.0.0.66')], authority: [ns('victim.example')], additional: [] };
          return { ...spec, [section]: [...spec[section], forged] };
        }),
      ],
    });
    await lab.ask('evil.example');
    assert.deepEqual(addresses(await lab.ask('victim.example')), ['10.0.0.1']);
    assert.equal(lab.upstream.asked('victim.example').length, 1);
  });
}

test('the target of a CNAME is asked for itself', async (t) => {
  const lab = await startLab(t, {
    upstreams: [
      replying(({ name }) =>
        name.includes('alias')
          ? { answer: [cname('target.example'), a('6.6.6.6', { owner: 'target.example' })] }
          : { answer: [a('10.0.0.1')] },
      ),
    ],
  });
  await lab.ask('alias.example');
  assert.deepEqual(addresses(await lab.ask('target.example')), ['10.0.0.1']);
});

test('EDNS size, cookie, padding, transport and client do not split the cache', async (t) => {
  const lab = await startLab(t);
  await lab.ask('one.example');
  for (const size of [512, 1232, 4096]) {
    for (const code of [options.COOKIE, options.PADDING]) {
      const edns = { size, options: [{ code, data: Buffer.alloc(8, size) }] };
      for (const transport of ['udp', 'tcp'] as const)
        await lab.ask({ name: 'one.example', edns }, transport);
    }
  }
  const client = await lab.udp('127.0.0.7');
  client.send(buildQuery({ name: 'one.example' }));
  await client.next();
  assert.equal(lab.upstream.asked('one.example').length, 1);
});

test('FORMERR, NOTIMP and REFUSED are not kept as answers', async (t) => {
  for (const rcode of [rcodes.FORMERR, rcodes.NOTIMP, rcodes.REFUSED]) {
    const lab = await startLab(t, { upstreams: [failing(rcode)] });
    assert.notEqual((await lab.ask('x.example')).rcode, rcodes.NOERROR);
    lab.upstream.script = plain;
    lab.clock.skip(301);
    assert.deepEqual(addresses(await lab.ask('x.example')), ['192.0.2.1']);
  }
});

test('a cut reply over UDP whose TCP repeat fails is not kept', async (t) => {
  const cut = inTurn(
    ({ bytes }) => buildReply(bytes, { flags: flags.TC, answer: [a('10.0.0.1')] }),
    (_, line) => line.reset() as undefined,
    ({ bytes, transport }, line) =>
      transport === 'tcp' ? (line.reset() as undefined) : buildReply(bytes, { flags: flags.TC }),
  );
  const lab = await startLab(t, { upstreams: [cut] });
  await lab.ask('tc.example');
  lab.upstream.script = replying({ answer: [a('10.0.0.1'), a('10.0.0.2')] });
  lab.clock.skip(301);
  assert.equal((await lab.ask('tc.example')).answer.length, 2);
});

test('a CNAME stays before what it leads to, on hits too', async (t) => {
  const answer = [
    cname('t.example'),
    a('10.0.0.1', { owner: 't.example' }),
    a('10.0.0.2', { owner: 't.example' }),
  ];
  const lab = await startLab(t, { upstreams: [replying({ answer })] });
  for (let i = 0; i < 5; i++) {
    const reply = await lab.ask('alias.example');
    assert.deepEqual(
      reply.answer.map(({ type }) => type),
      [types.CNAME, types.A, types.A],
    );
    assert.deepEqual(reply.question, questionOf(reply.bytes));
  }
});
