// whoami.test — the client's own address, port and transport come back in the additional section.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Whoami } from '../../src/zone/whoami.ts';
import { question, shown, wire } from '../lab/question.ts';

test('over UDP and IPv4', async () => {
  const reply = await new Whoami().resolve(
    question('x.probe.example', { from: '127.0.0.5', client: { port: 0x1234 } }),
  );
  assert.deepEqual([reply.rcode, reply.authoritative, reply.answer.length], [0, true, 0]);
  assert.deepEqual(shown(reply.additional), ['A 7f000005', 'SRV 00000000123400']);
  assert.deepEqual(
    reply.additional.map(({ owner }) => owner),
    [wire('x.probe.example'), wire('_udp.x.probe.example')],
  );
  assert.ok(reply.additional.every(({ ttl }) => ttl === 0));
});

test('over TCP and IPv6, for the root', async () => {
  const reply = await new Whoami().resolve(
    question('', { from: '2001:db8::7', client: { transport: 'tcp' } }),
  );
  assert.deepEqual(shown(reply.additional)[0], `AAAA 20010db8${'00'.repeat(11)}07`);
  assert.deepEqual(
    reply.additional.map(({ owner }) => owner),
    [wire(''), wire('_tcp')],
  );
});

test('no record gets a name that is too long', async () => {
  const name = [...Array(3).fill('x'.repeat(63)), 'y'.repeat(61)].join('.');
  const reply = await new Whoami().resolve(question(name));
  assert.equal(reply.additional.length, 1);
});
