// odd-queries.test — unusual opcodes, types, classes and flags, and the replies we make ourselves (sections N, O and P).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../lab/free-port.ts';
import { addresses, type Message, parseMessage } from '../lab/message.ts';
import { a, txt } from '../lab/records.ts';
import { startLab } from '../lab/resolver.ts';
import { plain, replying } from '../lab/scripts.ts';
import { timed } from '../lab/timed.ts';
import { buildQuery, flags, header, type QuerySpec, questionBytes, rcodes, types } from '../lab/wire.ts';

const { NOERROR, FORMERR, SERVFAIL, NOTIMP, REFUSED } = rcodes;
const BADVERS = 16;

for (const opcode of [1, 2, 3, 4, 5, 6, 7, 10, 15]) {
  test(`opcode ${opcode} is not implemented, and not forwarded`, async (t) => {
    const lab = await startLab(t);
    for (const transport of ['udp', 'tcp'] as const) {
      const query = buildQuery({ id: 77, name: 'x.example', type: types.SOA, flags: opcode << 11 });
      const reply = await lab.ask(query, transport);
      const allowed: number[] = opcode === 4 || opcode === 5 ? [NOTIMP, REFUSED] : [NOTIMP];
      assert(allowed.includes(reply.rcode), String(reply.rcode));
      assert.deepEqual([reply.id, reply.opcode, reply.answer.length], [77, opcode, 0]);
    }
    assert.deepEqual(lab.upstream.asked('x.example'), []);
  });
}

test('opcode 15 as a bare header gets a bare header', async (t) => {
  const lab = await startLab(t);
  const reply = await lab.ask(header(9, 15 << 11, [0, 0, 0, 0]));
  assert.deepEqual([reply.rcode, reply.opcode, reply.bytes.length], [NOTIMP, 15, 12]);
});

/** What is wrong with it, and the full RCODE, whose upper bits are in the OPT record. */
const twiceWrong: readonly [what: string, query: QuerySpec, rcode: number][] = [
  ['an opcode we do not know and a type of no question', { type: types.OPT, flags: 2 << 11 }, NOTIMP],
  [
    'a type of no question and an EDNS version we do not know',
    { type: types.OPT, edns: { version: 1 } },
    FORMERR,
  ],
  ['an EDNS version we do not know and a transfer', { type: types.AXFR, edns: { version: 1 } }, BADVERS],
  ['an EDNS version we do not know and a class', { class: 3, edns: { version: 1 } }, BADVERS],
  ['a transfer in a class we do not know', { type: types.AXFR, class: 3 }, NOTIMP],
];
for (const [what, query, rcode] of twiceWrong) {
  test(`of two things that are wrong the first is told: ${what}`, async (t) => {
    const lab = await startLab(t);
    const reply = await lab.ask({ name: 'x.example', ...query });
    assert.deepEqual(
      [((reply.edns?.extendedRcode ?? 0) << 4) | reply.rcode, reply.answer.length],
      [rcode, 0],
    );
  });
}

test('ANY is kept as ANY and fills nothing else', async (t) => {
  const lab = await startLab(t, {
    upstreams: [
      replying(({ type }) => ({
        answer: type === types.ANY ? [a('6.6.6.6'), txt({}, 'x')] : type === types.A ? [a('10.0.0.1')] : [],
      })),
    ],
  });
  const any = await lab.ask({ name: 'x.example', type: types.ANY });
  assert([NOERROR, NOTIMP, REFUSED].includes(any.rcode as 0));
  assert.deepEqual(addresses(await lab.ask('x.example')), ['10.0.0.1']);
  const again = await lab.ask({ name: 'x.example', type: types.ANY });
  assert(!addresses(again).includes('10.0.0.1'));
});

for (const [what, type] of Object.entries({ AXFR: types.AXFR, IXFR: types.IXFR })) {
  test(`${what} is refused, stays here, and the connection goes on`, async (t) => {
    const lab = await startLab(t);
    const client = await lab.tcp();
    client.send(buildQuery({ id: 1, name: 'x.example', type }));
    const reply = parseMessage(await client.next());
    assert([REFUSED, NOTIMP].includes(reply.rcode as 4));
    client.send(buildQuery({ id: 2, name: 'x.example' }));
    assert.deepEqual(addresses(parseMessage(await client.next())), ['192.0.2.1']);
    assert.deepEqual(lab.upstream.asked('x.example', type), []);
  });
}

for (const type of [types.OPT, types.TSIG, 249, 253, 254, 128, 0, 65_535]) {
  test(`type ${type} gets a sane reply`, async (t) => {
    const lab = await startLab(t);
    const reply = await lab.ask({ name: 'x.example', type, id: 5 });
    const meta = type >= 128 && type < 255;
    const allowed: number[] =
      meta || type === types.OPT ? [FORMERR, REFUSED, NOTIMP, NOERROR] : [NOERROR, FORMERR, NOTIMP, REFUSED];
    assert(allowed.includes(reply.rcode), String(reply.rcode));
    assert.deepEqual([reply.id, reply.question], [5, questionBytes('x.example', type)]);
    assert.deepEqual(addresses(await lab.ask('x.example')), ['192.0.2.1']);
  });
}

for (const qclass of [3, 4, 255, 254, 77, 0, 0x8001]) {
  test(`class ${qclass} is never answered from the data of class IN`, async (t) => {
    const lab = await startLab(t);
    await lab.ask('x.example');
    const reply = await lab.ask({ name: 'x.example', class: qclass });
    assert(
      [REFUSED, NOTIMP, FORMERR].includes(reply.rcode as 1) || lab.upstream.asked('x.example').length === 2,
    );
    assert.deepEqual(reply.question, questionBytes('x.example', types.A, qclass));
    if (reply.rcode === REFUSED) assert.deepEqual(reply.answer, []);
  });
}

test('every mix of flags gets a sane reply', async (t) => {
  const lab = await startLab(t);
  const bits = [flags.AA, flags.TC, flags.RD, flags.RA, flags.Z, flags.AD, flags.CD];
  for (let mix = 0; mix < 2 ** bits.length; mix++) {
    const second = bits.reduce((sum, bit, at) => sum | ((mix >> at) & 1 ? bit : 0), 0);
    const [heard] = await lab
      .provoke(buildQuery({ id: mix, name: 'x.example', flags: second }))
      .then((before) => before);
    if (!heard) {
      // Answered after the probe, or dropped because of TC.
      continue;
    }
    const reply = parseMessage(heard);
    assert([NOERROR, FORMERR, REFUSED].includes(reply.rcode as 0), String(reply.rcode));
    assert.deepEqual([reply.id, reply.qr, reply.tc, reply.z, reply.ra], [mix, true, false, false, true]);
    assert.deepEqual([reply.rd, reply.cd], [(second & flags.RD) !== 0, (second & flags.CD) !== 0]);
  }
});

test('replies we make ourselves echo question, id, opcode and RD, set RA, and carry no records', async (t) => {
  const lab = await startLab(t, { upstreams: [replying({ rcode: SERVFAIL })] });
  const made: Message[] = [
    await lab.ask({ id: 3, name: 'x.example' }),
    await lab.ask({ id: 3, name: 'x.example', type: types.AXFR }),
    await lab.ask({ id: 3, name: 'x.example', class: 3 }),
  ];
  for (const reply of made) {
    assert.deepEqual(
      [reply.id, reply.qr, reply.opcode, reply.rd, reply.ra, reply.aa],
      [3, true, 0, true, true, false],
    );
    assert.deepEqual([reply.answer, reply.authority, reply.additional], [[], [], []]);
    assert.equal(reply.question.length, questionBytes('x.example').length);
  }
});

test('an upstream that leads back to us ends in SERVFAIL, not in a storm', async (t) => {
  const port = await freePort();
  const lab = await startLab(t, { config: { port, upstreams: [{ address: '127.0.0.1', port }] } });
  const { value, ms, cpuMs } = await timed(lab.ask('loop.example'));
  assert.equal(value.rcode, SERVFAIL);
  assert(ms < 4600, `${ms} ms`);
  assert(cpuMs < 1000, `${cpuMs} ms of CPU`);
  lab.resolver.setUpstreams([lab.upstream.endpoint]);
  lab.upstream.script = plain;
  assert.deepEqual(addresses(await lab.ask('other.example')), ['192.0.2.1']);
});

test('names of 127 labels cost little more than others', async (t) => {
  const lab = await startLab(t);
  const tall = Array.from({ length: 126 }, () => 'a').concat('b');
  assert.deepEqual(addresses(await lab.ask({ name: tall })), ['192.0.2.1']);
  const client = await lab.udp();
  const run = async (query: Buffer) => {
    for (let i = 0; i < 2000; i++) {
      client.send(query);
      await client.next();
    }
  };
  const short = buildQuery({ name: 'a.b' });
  await run(short);
  const [plainCost, tallCost] = [await timed(run(short)), await timed(run(buildQuery({ name: tall })))];
  assert(tallCost.cpuMs < 3 * plainCost.cpuMs + 50, `${tallCost.cpuMs} against ${plainCost.cpuMs}`);
});
