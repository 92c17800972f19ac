// edns.test — the name of the server, for clients that ask for it (RFC 5001).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asksForNsid } from '../../src/message/edns.ts';
import { Query } from '../../src/message/query.ts';
import { rereadQuery } from '../../src/message/question.ts';
import { composeError } from '../../src/message/reply.ts';
import { parseMessage } from '../lab/message.ts';
import { buildQuery, type EdnsSpec, options } from '../lab/wire.ts';

function read(edns?: EdnsSpec): Query {
  const bytes = buildQuery({ name: 'www.example', ...(edns && { edns }) });
  const query = new Query();
  rereadQuery(query, bytes, 0, bytes.length);
  return query;
}

const nsid = { code: options.NSID, data: Buffer.alloc(0) };
const cookie = { code: options.COOKIE, data: Buffer.alloc(8, options.NSID) };

for (const [what, edns, asks] of [
  ['no EDNS', undefined, false],
  ['no options', {}, false],
  ['another option', { options: [cookie] }, false],
  ['the option', { options: [nsid] }, true],
  ['the option behind another', { options: [cookie, nsid], do: true }, true],
] as const) {
  test(`${what}: ${asks ? 'it is asked for' : 'it is not asked for'}`, () =>
    assert.equal(asksForNsid(read(edns)), asks));
}

test('it is told in the OPT record, behind an Extended DNS Error', () => {
  for (const ede of [-1, 22]) {
    const query = read({ options: [nsid] });
    query.nsid = Buffer.from('node seven');
    const out = Buffer.alloc(512);
    const reply = parseMessage(out.subarray(0, composeError(query, 2, ede, out, 0)));
    const told = reply
      .edns!.options.filter(({ code }) => code === options.NSID)
      .map(({ data }) => data.toString());
    assert.deepEqual(told, ['node seven']);
    assert.equal(reply.edns!.options.length, ede < 0 ? 1 : 2);
  }
});

test('the next query is told nothing that it did not ask for', () => {
  const query = read({ options: [nsid] });
  query.nsid = Buffer.from('x');
  const bytes = buildQuery({ edns: {} });
  rereadQuery(query, bytes, 0, bytes.length);
  const out = Buffer.alloc(512);
  assert.deepEqual(parseMessage(out.subarray(0, composeError(query, 2, -1, out, 0))).edns!.options, []);
});
