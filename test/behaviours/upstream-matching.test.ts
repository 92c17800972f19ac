// upstream-matching.test — only the upstream that was asked, answering what it was asked, is believed (section L).

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addresses } from '../lab/message.ts';
import { a } from '../lab/records.ts';
import { startLab } from '../lab/resolver.ts';
import { Gate, plain, type Received, replying, type Script } from '../lab/scripts.ts';
import { timed } from '../lab/timed.ts';
import { buildReply, flags, questionBytes, rcodes } from '../lab/wire.ts';

const forged = { answer: [a('6.6.6.6')] };
const genuine = ['192.0.2.1'];

for (const [what, from] of [
  ['another address', '127.0.0.9'],
  ['another port', '127.0.0.1'],
] as const) {
  test(`a perfect reply from ${what} is ignored`, async (t) => {
    const script: Script = async (query, line) => {
      if (query.transport === 'udp') await line.sendFrom(from, buildReply(query.bytes, forged));
      return plain(query, line);
    };
    const lab = await startLab(t, { upstreams: [script] });
    assert.deepEqual(addresses(await lab.ask('x.example')), genuine);
    assert.deepEqual(addresses(await lab.ask('x.example')), genuine);
  });
}

const mismatches: Readonly<Record<string, (query: Buffer) => Buffer>> = {
  id: (query) => buildReply(query, { ...forged, id: query.readUInt16BE(0) ^ 0x8000 }),
  name: (query) => buildReply(query, { ...forged, question: questionBytes('y.example') }),
  'name, by one trailing label': (query) =>
    buildReply(query, { ...forged, question: questionBytes('x.example.com') }),
  type: (query) => buildReply(query, { ...forged, question: questionBytes('x.example', 28) }),
  class: (query) => buildReply(query, { ...forged, question: questionBytes('x.example', 1, 4) }),
};
for (const [what, build] of Object.entries(mismatches)) {
  test(`a reply with the wrong ${what} is ignored, and the right one 200 ms later delivered`, async (t) => {
    const script: Script = (query, line) => {
      if (query.transport === 'tcp') return plain(query, line); // suspicion may lead to TCP
      line.send(build(query.bytes));
      setTimeout(() => line.send(plain(query, line) as Buffer), 200);
      return undefined;
    };
    const lab = await startLab(t, { upstreams: [script] });
    const { value, ms } = await timed(lab.ask('x.example'));
    assert.deepEqual(addresses(value), genuine);
    assert(ms < 1000, `${ms} ms`);
    assert.deepEqual(addresses(await lab.ask('x.example')), genuine);
    lab.upstream.script = plain;
    assert.deepEqual(addresses(await lab.ask('y.example')), genuine);
  });
}

test('a reply to one question on the socket of another is ignored', async (t) => {
  const waiting: { query: Received; finish: () => void }[] = [];
  const script: Script = (query, line) => {
    if (query.name.length === 1) return plain(query, line);
    waiting.push({ query, finish: () => line.send(plain(query, line) as Buffer) });
    const [one, two] = waiting;
    if (!one || !two || waiting.length > 2) return undefined;
    if (one.query.sourcePort !== two.query.sourcePort) {
      line.sendTo(two.query.sourcePort, buildReply(one.query.bytes, forged));
      line.sendTo(one.query.sourcePort, buildReply(two.query.bytes, forged));
    }
    one.finish();
    two.finish();
    return undefined;
  };
  const lab = await startLab(t, { upstreams: [script] });
  const replies = await Promise.all([lab.ask('one.example'), lab.ask('two.example')]);
  for (const reply of replies) assert.deepEqual(addresses(reply), genuine);
});

test('2,000 forged replies with wrong ids: none believed, the genuine one used', async (t) => {
  const script: Script = (query, line) => {
    if (query.transport === 'udp' && query.name.length > 1) {
      const real = query.id;
      for (let i = 1; i <= 2000; i++)
        line.send(buildReply(query.bytes, { ...forged, id: (real + i) & 0xffff }));
    }
    return plain(query, line);
  };
  const lab = await startLab(t, { upstreams: [script] });
  assert.deepEqual(addresses(await lab.ask('x.example')), genuine);
});

test('ids and source ports are many and not in order', async (t) => {
  const lab = await startLab(t);
  await Promise.all(Array.from({ length: 300 }, (_, i) => lab.ask(`n${i}.example`)));
  const queries = lab.upstream.log.filter(({ name }) => name.length > 1);
  const ids = queries.map(({ id }) => id);
  assert(new Set(ids).size > 280);
  const steps = ids.slice(1).map((id, i) => (id - ids[i]!) & 0xffff);
  assert(steps.filter((step) => step === 1).length < 5);
  const ports = queries.map(({ sourcePort }) => sourcePort);
  assert(new Set(ports).size >= 8, `${new Set(ports).size} ports`);
  const uses = Math.max(...[...new Set(ports)].map((port) => ports.filter((other) => other === port).length));
  assert(uses <= 100, `one port served ${uses} questions`);
});

test('reserved bits of the upstream do not reach clients, RA does not depend on it', async (t) => {
  const lab = await startLab(t, {
    upstreams: [replying({ answer: [a('10.0.0.1')], flags: flags.Z | flags.AA })],
  });
  for (const _ of ['miss', 'hit']) {
    const reply = await lab.ask('x.example');
    assert.deepEqual([reply.z, reply.ra, reply.tc, reply.opcode], [false, true, false, 0]);
  }
});

describe('when the upstream is late', { concurrency: true }, () => {
  test('a reply after we gave up is for nobody', async (t) => {
    const gate = new Gate();
    const lab = await startLab(t, {
      upstreams: [gate.before(replying(forged), ({ name }) => name.includes('late'))],
    });
    assert.equal((await lab.ask('late.example')).rcode, rcodes.SERVFAIL);
    const client = await lab.udp();
    lab.upstream.script = plain;
    gate.open();
    assert.deepEqual(addresses(await lab.ask('next.example')), genuine);
    assert.deepEqual(client.unread, []);
  });
});
