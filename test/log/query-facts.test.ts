// query-facts.test — what is told of a query is what was in it and in its reply.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queryFacts, replyClass } from '../../src/log/query-facts.ts';
import { Query } from '../../src/message/query.ts';
import { foldedName, rereadQuery } from '../../src/message/question.ts';
import { question } from '../lab/question.ts';
import { a, ns, soa } from '../lab/records.ts';
import { buildQuery, buildReply, type ReplySpec, rcodes, types } from '../lab/wire.ts';

const asked = buildQuery({ name: 'WWW.Example', id: 77, type: types.AAAA, edns: { size: 1400, do: true } });

function reply(spec: ReplySpec) {
  const bytes = buildReply(asked, spec);
  return { bytes, start: 0, length: bytes.length, nameLength: 13 };
}

test('the facts of a query and its reply', () => {
  const query = new Query();
  rereadQuery(query, asked, 0, asked.length);
  const { client } = question('x', { from: '10.0.0.9', client: { transport: 'tcp' } });
  const answer = reply({ rcode: rcodes.NXDOMAIN, authority: [soa()] });
  const { reply: told, ...rest } = queryFacts(query, foldedName(query), client, answer, 7);
  assert.deepEqual(rest, {
    client,
    server: client.server,
    transport: 'tcp',
    id: 77,
    opcode: 0,
    name: 'www.example.',
    type: types.AAAA,
    class: 1,
    size: asked.length,
    dnssecOk: true,
    udpSize: 1400,
    duration: 7,
  });
  assert.deepEqual(told, { rcode: 3, flags: answer.bytes.readUInt16BE(2), size: answer.length });
  assert.equal(queryFacts(query, foldedName(query), client, undefined, 7).reply, undefined);
});

for (const [what, spec, expected] of [
  ['addresses', { answer: [a('10.0.0.1')], authority: [soa()] }, 'success'],
  ['a referral', { authority: [ns('ns.example')] }, 'success'],
  ['nothing at all', {}, 'success'],
  ['no such type', { authority: [ns('ns.example'), soa()] }, 'denial'],
  ['a SOA beside the answer', { additional: [soa()] }, 'success'],
  ['no such name', { rcode: rcodes.NXDOMAIN }, 'denial'],
  ['a failure', { rcode: rcodes.SERVFAIL }, 'error'],
  ['a refusal', { rcode: rcodes.REFUSED }, 'error'],
] as const) {
  test(`${what}: ${expected}`, () => assert.equal(replyClass(reply(spec)), expected));
}

test('silence is an error', () => assert.equal(replyClass(undefined), 'error'));
