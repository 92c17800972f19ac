// zone-message — target: a message taken apart is put together again and says the same.

import { isDeepStrictEqual } from 'node:util';
import { plainNameLength } from '../../../src/message/name.ts';
import type { Message } from '../../../src/zone/message.ts';
import { readMessage, writeMessage } from '../../../src/zone/message-wire.ts';
import { foldName, nameText, parseName } from '../../../src/zone/wire-name.ts';
import { a, aaaa, cname, manyAddresses, ns, opaque, soa } from '../../lab/records.ts';
import { buildQuery, buildReply, types, words } from '../../lab/wire.ts';
import type { Target } from '../target.ts';
import { must } from './must.ts';

export const zoneMessage: Target = {
  name: 'zone-message',
  sentence: 'src/zone takes responses of upstreams apart into records, and puts them together',
  most: 1400,
  seeds,
  run(bytes) {
    const message = readMessage(bytes, 0, bytes.length);
    if (message === undefined) return;
    const name = bytes.toString('latin1', 12, 12 + plainNameLength(bytes, 12, bytes.length));
    must(parseName(nameText(name)) === name || name === '\0', 'a name comes back from its text');
    const written = writeMessage(name, 1, 1, message);
    must(written.length <= 65_535, 'it fits a message');
    const again = readMessage(written, 0, written.length);
    must(again !== undefined, 'what was written can be read');
    if (message.rcode > 15 || again.rcode === 2) return;
    must(isDeepStrictEqual(spelledAlike(again), spelledAlike(message)), 'it says the same');
  },
};

// ---------------------------------------------------------------------------------------------------------------------

/** Owners that are the question's take its spelling. */
function spelledAlike(message: Message): Message {
  const alike = (records: Message['answer']) =>
    records.map((record) => ({ ...record, owner: foldName(record.owner) }));
  return {
    ...message,
    answer: alike(message.answer),
    authority: alike(message.authority),
    additional: alike(message.additional),
  };
}

function seeds(): Buffer[] {
  const asked = (type: number) => buildQuery({ id: 7, name: 'www.Example', type });
  const pointer = words(0xc00c);
  return [
    buildReply(asked(types.A), { answer: manyAddresses(9, { owner: 'www.example' }) }),
    buildReply(asked(types.A), {
      answer: [cname('b.example'), a('10.0.0.1', { owner: 'b.example' }), aaaa(1)],
      edns: { size: 1232, options: [{ code: 15, data: words(18) }] },
    }),
    buildReply(asked(types.MX), {
      answer: [
        opaque(types.MX, Buffer.concat([words(10), Buffer.of(1, 97), pointer])),
        opaque(types.SRV, Buffer.concat([words(10, 0, 53), pointer])),
        opaque(35, Buffer.concat([words(1, 2), Buffer.of(1, 97, 0, 0), pointer])),
      ],
      authority: [ns('ns.www.example', { owner: 'example' }), soa({ owner: 'example' })],
    }),
  ];
}
