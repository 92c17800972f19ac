// sizes-and-edns.test — UDP sizes, TC and EDNS, towards clients and towards upstreams (section C).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses, type Message } from '../lab/message.ts';
import { a, manyAddresses, soa, txt } from '../lab/records.ts';
import { type Lab, startLab } from '../lab/resolver.ts';
import { cutting, failing, replying, type Script } from '../lab/scripts.ts';
import { buildReply, type EdnsSpec, flags, nameBytes, options, rcodes, types } from '../lab/wire.ts';

/** A name of this many octets on the wire. */
function nameOf(octets: number): string {
  const name = `${'x'.repeat(octets - 10)}.example`;
  assert.equal(nameBytes(name).length, octets);
  return name;
}

test('without EDNS a UDP reply has at most 512 bytes, and TC when cut', async (t) => {
  const lab = await startLab(t, { upstreams: [cutting({ answer: manyAddresses(40) })] });
  for (const round of ['miss', 'hit']) {
    const reply = await lab.ask('many.example');
    assert(reply.bytes.length <= 512, round);
    assert.deepEqual([reply.tc, reply.rcode, reply.edns], [true, rcodes.NOERROR, undefined]);
  }
});

const sizes: readonly [offered: number, taken: number, records: number, cut: boolean][] = [
  [0, 512, 40, true],
  [1, 512, 40, true],
  [100, 512, 40, true],
  [511, 512, 40, true],
  [512, 512, 40, true],
  [1232, 1232, 40, false],
  [1232, 1232, 95, true],
  [1452, 1452, 87, false],
  [4096, 4096, 250, false],
  [4096, 4096, 255, true],
  [65_535, 4096, 250, false],
  [65_535, 4096, 400, true],
];
for (const [offered, taken, records, cut] of sizes) {
  test(`EDNS size ${offered}: ${records} addresses are ${cut ? 'cut' : 'sent'}`, async (t) => {
    const lab = await startLab(t, { upstreams: [cutting({ answer: manyAddresses(records) })] });
    for (const round of ['miss', 'hit']) {
      const reply = await lab.ask({ name: 'many.example', edns: { size: offered } });
      assert(reply.bytes.length <= taken, round);
      assert.deepEqual([reply.tc, reply.edns?.version], [cut, 0], round);
      if (!cut) assert.equal(reply.answer.length, records, round);
    }
  });
}

test('a lower size may be set, and no client gets more', async (t) => {
  const upstreams = [cutting({ answer: manyAddresses(250) })];
  const lab = await startLab(t, { upstreams, config: { udpSize: 1232 } });
  for (const round of ['miss', 'hit']) {
    const reply = await lab.ask({ name: 'many.example', edns: { size: 4096 } });
    assert(reply.tc && reply.bytes.length <= 1232, round);
  }
});

for (const [octets, cut] of [
  [32, false],
  [48, false],
  [49, true],
] as const) {
  test(`28 addresses of a ${octets}-octet name ${cut ? 'do not fit' : 'fit'} 512 bytes`, async (t) => {
    const lab = await startLab(t, { upstreams: [cutting({ answer: manyAddresses(28) })] });
    const reply = await lab.ask(nameOf(octets));
    assert.equal(reply.tc, cut);
    if (!cut) assert.deepEqual([reply.bytes.length, reply.answer.length], [12 + octets + 4 + 448, 28]);
  });
}

test('when only the additional section is too much, the answer survives and no RRset is halved', async (t) => {
  const additional = manyAddresses(10, { owner: 'extra.example' });
  const lab = await startLab(t, { upstreams: [cutting({ answer: manyAddresses(25), additional })] });
  const reply = await lab.ask('many.example');
  assert(reply.bytes.length <= 512);
  if (!reply.tc) assert.deepEqual([reply.answer.length, reply.additional.length], [25, 0]);
});

test('after TC the whole answer comes over TCP, from the cache', async (t) => {
  const lab = await startLab(t, { upstreams: [cutting({ answer: manyAddresses(60) })] });
  assert.equal((await lab.ask('many.example')).tc, true);
  const reply = await lab.ask('many.example', 'tcp');
  assert.deepEqual([reply.tc, reply.answer.length], [false, 60]);
  assert.equal(lab.upstream.asked('many.example').length, 1);
});

/** Every kind of reply a client can get. */
const kinds: Readonly<
  Record<string, { ask: Parameters<Lab['ask']>[0] & object; script: Script; again?: boolean }>
> = {
  miss: { ask: { name: 'k.example' }, script: replying({ answer: [a('10.0.0.1')] }) },
  hit: { ask: { name: 'k.example' }, script: replying({ answer: [a('10.0.0.1')] }), again: true },
  NODATA: { ask: { name: 'k.example' }, script: replying({ authority: [soa({ owner: 'example' })] }) },
  NXDOMAIN: {
    ask: { name: 'k.example' },
    script: replying({ rcode: 3, authority: [soa({ owner: 'example' })] }),
  },
  SERVFAIL: { ask: { name: 'k.example' }, script: failing() },
  'cached SERVFAIL': { ask: { name: 'k.example' }, script: failing(), again: true },
  REFUSED: { ask: { name: 'k.example', type: types.AXFR }, script: failing() },
  'REFUSED by the upstream': { ask: { name: 'k.example' }, script: failing(rcodes.REFUSED) },
  NOTIMP: { ask: { name: 'k.example', flags: 2 << 11 }, script: failing() },
  truncated: { ask: { name: 'k.example' }, script: cutting({ answer: manyAddresses(300) }) },
};
for (const [kind, { ask, script, again }] of Object.entries(kinds)) {
  test(`one OPT if the query had one, none otherwise: ${kind}`, async (t) => {
    for (const first of [{ do: true }, undefined] as const) {
      const lab = await startLab(t, { upstreams: [script] });
      const withEdns = (edns: EdnsSpec | undefined) => lab.ask({ ...ask, ...(edns && { edns }) });
      if (again) await withEdns(first);
      for (const edns of [first, first ? undefined : { do: false }]) {
        const reply = await withEdns(edns);
        assert.equal(reply.edns !== undefined, edns !== undefined);
        if (reply.edns) assert.deepEqual([reply.edns.version, reply.edns.reserved], [0, 0]);
        if (kind !== 'NOTIMP' && edns) assert.equal(reply.edns?.do, edns.do);
      }
    }
  });
}

test('unknown options and flags of EDNS change nothing and are not echoed', async (t) => {
  const lab = await startLab(t);
  const unknown = [100, 65_005].map((code) => ({ code, data: Buffer.from('echo') }));
  for (const round of ['miss', 'hit']) {
    const reply = await lab.ask({ name: 'x.example', edns: { reserved: 0x80, options: unknown } });
    assert.deepEqual([addresses(reply), reply.edns?.reserved], [['192.0.2.1'], 0], round);
    assert(!reply.bytes.includes('echo'), round);
  }
});

test('an EDNS version we do not know gets BADVERS', async (t) => {
  const lab = await startLab(t);
  const reply = await lab.ask({ name: 'x.example', edns: { version: 1 } });
  assert.deepEqual(
    [reply.rcode, reply.edns?.extendedRcode, reply.edns?.version, reply.answer.length],
    [0, 1, 0, 0],
  );
});

test('EDNS options stay on their hop', async (t) => {
  const codes = [options.NSID, options.COOKIE, options.KEEPALIVE, options.PADDING];
  const upstreams: Script[] = [
    replying({
      answer: [a('10.0.0.1')],
      edns: { options: codes.map((code) => ({ code, data: Buffer.from('upstream') })) },
    }),
  ];
  const lab = await startLab(t, { upstreams });
  const own = [options.COOKIE, options.PADDING].map((code) => ({ code, data: Buffer.from('ofclient') }));
  const replies: Message[] = [
    await lab.ask({ name: 'hop.example', edns: { options: own } }),
    await lab.ask({ name: 'hop.example', edns: { options: own } }),
    await lab.ask('hop.example', 'tcp'),
  ];
  for (const reply of replies) {
    assert.deepEqual(addresses(reply), ['10.0.0.1']);
    assert(!reply.bytes.includes('upstream'));
  }
  for (const { bytes } of lab.upstream.log) assert(!bytes.includes('ofclient'));
});

test('a client subnet is stripped, or the answers are kept apart', async (t) => {
  const lab = await startLab(t);
  for (const last of [1, 2]) {
    const data = Buffer.of(0, 1, 24, 0, 10, 0, last);
    await lab.ask({ name: 'ecs.example', edns: { options: [{ code: options.ECS, data }] } });
  }
  const seen = lab.upstream.asked('ecs.example');
  const leaked = seen.some(({ bytes }) => bytes.includes(Buffer.of(0, options.ECS, 0, 7)));
  assert(!leaked || seen.length === 2);
});

test('edns-tcp-keepalive is not answered over UDP', async (t) => {
  const lab = await startLab(t);
  const edns = { options: [{ code: options.KEEPALIVE, data: Buffer.alloc(0) }] };
  const reply = await lab.ask({ name: 'x.example', edns });
  assert.deepEqual(
    reply.edns?.options.filter(({ code }) => code === options.KEEPALIVE),
    [],
  );
  const odd = { options: [{ code: options.KEEPALIVE, data: Buffer.of(1) }] };
  const over = await lab.ask({ name: 'x.example', edns: odd }, 'tcp');
  assert(over.rcode === rcodes.NOERROR || over.rcode === rcodes.FORMERR);
});

for (const length of [8, 16, 40, 1, 7, 9, 15, 41]) {
  test(`a cookie of ${length} bytes ${length === 8 || (length >= 16 && length <= 40) ? 'is fine' : 'may be FORMERR'}`, async (t) => {
    const lab = await startLab(t);
    const edns = { options: [{ code: options.COOKIE, data: Buffer.alloc(length, 9) }] };
    const { rcode } = await lab.ask({ name: 'x.example', edns });
    const fine = length === 8 || (length >= 16 && length <= 40);
    assert(rcode === rcodes.NOERROR || (!fine && rcode === rcodes.FORMERR));
  });
}

test('no padding unless the query had some', async (t) => {
  const lab = await startLab(t);
  const { edns } = await lab.ask({ name: 'x.example', edns: {} });
  assert.deepEqual(
    edns?.options.filter(({ code }) => code === options.PADDING),
    [],
  );
});

for (const bytes of [1000, 4096]) {
  test(`an upstream that sends ${bytes} UDP bytes unasked is understood`, async (t) => {
    const records = Math.floor((bytes - 30) / 16);
    const lab = await startLab(t, { upstreams: [replying({ answer: manyAddresses(records) })] });
    const reply = await lab.ask('many.example');
    assert.deepEqual([reply.tc, reply.rcode], [true, rcodes.NOERROR]);
    assert.equal((await lab.ask('many.example', 'tcp')).answer.length, records);
  });
}

test('upstreams are offered 1232 to 1400 bytes, whatever the client offered', async (t) => {
  const lab = await startLab(t);
  await lab.ask({ name: 'a.example', edns: { size: 65_535 } });
  await lab.ask({ name: 'b.example', edns: { size: 512 } });
  await lab.ask('c.example');
  for (const name of ['a.example', 'b.example', 'c.example']) {
    const { bytes } = lab.upstream.asked(name)[0]!;
    const at = bytes.indexOf(Buffer.of(0, 0, types.OPT), nameBytes(name).length + 12);
    const size = at < 0 ? 512 : bytes.readUInt16BE(at + 3);
    assert(size >= 1232 && size <= 1400, `${name}: ${size}`);
  }
});

test('TC from the upstream means asking again over TCP; the cut reply is not kept', async (t) => {
  const script: Script = ({ bytes, transport }) => {
    const whole = { answer: manyAddresses(3) };
    return buildReply(bytes, transport === 'tcp' ? whole : { answer: manyAddresses(1), flags: flags.TC });
  };
  const lab = await startLab(t, { upstreams: [script] });
  for (const round of ['miss', 'hit']) {
    const reply = await lab.ask('tc.example');
    assert.deepEqual([reply.tc, reply.answer.length], [false, 3], round);
  }
  assert.deepEqual(
    lab.upstream.asked('tc.example').map(({ transport }) => transport),
    ['udp', 'tcp'],
  );
});

for (const [name, nibble, high] of [
  ['BADVERS', 0, 1],
  ['BADCOOKIE', 7, 1],
] as const) {
  test(`${name} from the upstream is a failure, not an empty answer`, async (t) => {
    const lab = await startLab(t, {
      upstreams: [replying({ rcode: nibble, edns: { extendedRcode: high } })],
    });
    const reply = await lab.ask({ name: 'x.example', edns: {} });
    assert(reply.rcode !== rcodes.NOERROR && reply.rcode !== rcodes.NXDOMAIN);
  });
}

test('extended errors only for those who understand EDNS', async (t) => {
  const lab = await startLab(t, { upstreams: [failing()] });
  assert.equal((await lab.ask('x.example')).additional.length, 0);
  assert.equal((await lab.ask('x.example')).edns, undefined);
  assert.equal((await lab.ask({ name: 'y.example', edns: { size: 512 } })).rcode, rcodes.SERVFAIL);
});

test('a TXT answer of 1,100 bytes survives a client size of 1232', async (t) => {
  const strings = Array.from({ length: 5 }, (_, i) => String(i).repeat(210));
  const lab = await startLab(t, { upstreams: [replying({ answer: [txt({}, ...strings)] })] });
  const reply = await lab.ask({ name: 't.example', type: types.TXT, edns: { size: 1232 } });
  assert.deepEqual([reply.tc, reply.answer[0]?.rdata.length], [false, 5 * 211]);
});
