// unknown-types.test — record data is not ours to understand: every type passes byte by byte, at every size (section K).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses } from '../lab/message.ts';
import { manyAddresses, opaque, soa, txt } from '../lab/records.ts';
import { startLab } from '../lab/resolver.ts';
import { cutting, replying, type Script } from '../lab/scripts.ts';
import { buildReply, nameBytes, rcodes, recordBytes, types, words } from '../lab/wire.ts';

const noise = (length: number, seed = 7) =>
  Buffer.from(Array.from({ length }, (_, i) => (i * 151 + seed) & 255));

const data: Readonly<Record<string, readonly [type: number, rdata: Buffer]>> = {
  'TYPE65280 with 300 bytes': [65_280, noise(300)],
  HTTPS: [types.HTTPS, Buffer.concat([words(1), nameBytes('.'), words(1, 3), Buffer.from([2, 0x68, 0x32])])],
  SVCB: [types.SVCB, Buffer.concat([words(1), nameBytes('svc.example'), words(3, 2, 8443)])],
  'data that looks like pointers': [65_281, Buffer.of(0xc0, 0x0c, 0xc0, 0xff, 0xc0, 0x00, 0xff, 0xff)],
  'DNSKEY with protocol 4': [types.DNSKEY, Buffer.concat([words(256), Buffer.of(4, 13), noise(64)])],
  'SSHFP with hash 3': [types.SSHFP, Buffer.concat([Buffer.of(4, 3), noise(48)])],
  CAA: [types.CAA, Buffer.concat([Buffer.of(0, 5), Buffer.from('issueca.example')])],
  TLSA: [types.TLSA, Buffer.concat([Buffer.of(3, 1, 1), noise(32)])],
  URI: [types.URI, Buffer.concat([words(10, 1), Buffer.from('https://example/')])],
  LOC: [29, noise(16)],
  NSEC3: [types.NSEC3, Buffer.concat([Buffer.of(1, 0, 0, 1, 0, 20), noise(20), Buffer.of(0, 1, 0x40)])],
  'an empty NULL': [10, Buffer.alloc(0)],
  'TXT of 20 strings': [
    types.TXT,
    Buffer.from(txt({}, ...Array.from({ length: 20 }, () => noise(50))).rdata),
  ],
  'TXT with an empty string': [types.TXT, Buffer.of(0)],
  RRSIG: [
    types.RRSIG,
    Buffer.concat([words(1), Buffer.of(13, 2), words(0, 30), noise(10), nameBytes('example'), noise(64)]),
  ],
  NSEC: [types.NSEC, Buffer.concat([nameBytes('b.example'), Buffer.of(0, 1, 0x62)])],
  DS: [types.DS, Buffer.concat([words(20_326), Buffer.of(8, 2), noise(32)])],
  SRV: [types.SRV, Buffer.concat([words(0, 100, 80), nameBytes('web.example')])],
  MX: [types.MX, Buffer.concat([words(10), nameBytes('mail.example')])],
  'TYPE 0x8001': [0x8001, noise(9)],
};

for (const [what, [type, rdata]] of Object.entries(data)) {
  test(`passes byte by byte: ${what}`, async (t) => {
    const lab = await startLab(t, { upstreams: [replying({ answer: [opaque(type, rdata)] })] });
    for (const transport of ['udp', 'tcp', 'udp'] as const) {
      const reply = await lab.ask({ name: 'x.example', type, edns: { size: 4096 } }, transport);
      assert.deepEqual([reply.rcode, reply.tc], [rcodes.NOERROR, transport === 'udp' && rdata.length > 1180]);
      if (!reply.tc)
        assert.deepEqual(
          reply.answer.map((record) => [record.type, record.rdata]),
          [[type, rdata]],
        );
    }
    assert.equal(lab.upstream.asked('x.example').length, 1);
  });
}

test('signatures and proofs asked for by type come without DO', async (t) => {
  for (const type of [types.RRSIG, types.NSEC, types.NSEC3, types.DS]) {
    const lab = await startLab(t, { upstreams: [replying({ answer: [opaque(type, noise(40))] })] });
    for (const edns of [{}, { do: true }]) {
      assert.equal((await lab.ask({ name: 'x.example', type, edns })).answer.length, 1);
    }
    assert.equal((await lab.ask({ name: 'x.example', type })).answer.length, 1);
  }
});

test('64 KB: 4,000 addresses of a 245-octet name over TCP, TC over UDP', async (t) => {
  const name = ['a', 'b', 'c'].map((char) => char.repeat(63)).concat('d'.repeat(51));
  assert.equal(nameBytes(name).length, 245);
  const lab = await startLab(t, { upstreams: [cutting({ answer: manyAddresses(4000) })] });
  for (const round of ['miss', 'hit']) {
    assert.equal((await lab.ask({ name })).tc, true, round);
    const reply = await lab.ask({ name }, 'tcp');
    assert.deepEqual([reply.bytes.length <= 65_535, reply.tc, reply.rcode], [true, false, 0], round);
    assert.equal(new Set(addresses(reply)).size, 4000, round);
  }
});

test('a headless Service of 500 pods: nothing lost, nothing twice', async (t) => {
  const lab = await startLab(t, { upstreams: [cutting({ answer: manyAddresses(500) })] });
  for (const round of ['miss', 'hit']) {
    const found = addresses(await lab.ask('ring.example', 'tcp'));
    assert.deepEqual([found.length, new Set(found).size], [500, 500], round);
  }
});

test('250 SRV with their addresses', async (t) => {
  const targets = Array.from({ length: 250 }, (_, i) => `pod-${i}.ring.example`);
  const answer = targets.map((target) =>
    opaque(types.SRV, Buffer.concat([words(0, 1, 80), nameBytes(target)])),
  );
  const additional = manyAddresses(250).map((record, i) => ({ ...record, owner: targets[i]! }));
  const lab = await startLab(t, { upstreams: [cutting({ answer, additional })] });
  for (const round of ['miss', 'hit']) {
    const reply = await lab.ask({ name: '_x._tcp.ring.example', type: types.SRV }, 'tcp');
    assert.deepEqual(
      [reply.answer.length, new Set(reply.answer.map(({ rdata }) => String(rdata))).size],
      [250, 250],
      round,
    );
    assert.deepEqual(reply.additional.length, 250, round);
  }
});

for (const type of [types.NS, types.SOA]) {
  test(`the root itself can be asked for: type ${type}`, async (t) => {
    const records = {
      [types.NS]: opaque(types.NS, nameBytes('a.root.example')),
      [types.SOA]: soa({ owner: '.' }),
    };
    const record = records[type]!;
    const script: Script = ({ bytes }) => buildReply(bytes, { answer: [{ ...record, owner: '.' }] });
    const lab = await startLab(t, { upstreams: [script] });
    for (const _ of ['miss', 'hit']) {
      const reply = await lab.ask({ name: '.', type });
      assert.deepEqual([reply.rcode, reply.answer.length, reply.question.length], [rcodes.NOERROR, 1, 5]);
      assert.deepEqual(reply.answer[0]?.rdata.length, recordBytes({ ...record, owner: '.' }).length - 11);
    }
  });
}
