// query — target: what a client sends, read and refused.

import { isDeepStrictEqual } from 'node:util';
import * as dnsPacket from 'dns-packet';
import { acceptHeader } from '../../../src/message/accept.ts';
import { dropCutOptions, readEdns } from '../../../src/message/edns.ts';
import { CD, FORMERR, NOERROR, SERVFAIL } from '../../../src/message/message.ts';
import { Query } from '../../../src/message/query.ts';
import { deriveKey, readQuestion, rereadQuery } from '../../../src/message/question.ts';
import { composeError, composeUnseenFailure } from '../../../src/message/reply.ts';
import { everyKind, hostileMessage } from '../../lab/hostile-message.ts';
import { buildQuery, flags, options, types } from '../../lab/wire.ts';
import type { Target } from '../target.ts';
import { must } from './must.ts';
import { Outbox, walked } from './wire-walk.ts';

/** Its types leave out that a part of a message can be read by itself. */
const { question: codec } = dnsPacket as unknown as {
  readonly question: {
    readonly decode: ((bytes: Buffer, at: number) => dnsPacket.Question) & { readonly bytes: number };
  };
};

export const query: Target = {
  name: 'query',
  sentence: 'src/message reads what clients send, and refuses it',
  most: 1400,
  seeds: () => [
    ...Array.from({ length: everyKind.length }, (_, i) => hostileMessage(i)),
    buildQuery({ id: 1 }),
    buildQuery({ id: 2, name: 'WWW.Example.COM', type: types.AAAA, edns: { do: true }, flags: flags.CD }),
    buildQuery({
      id: 3,
      name: '10-0-0-1.default.pod.cluster.local',
      type: types.SRV,
      edns: { size: 512, options: [{ code: options.COOKIE, data: Buffer.alloc(8, 7) }] },
    }),
    buildQuery({ id: 4, edns: { version: 1 } }),
    buildQuery({ id: 5, class: 3, type: types.ANY }),
  ],
  run(input) {
    const asked = new Query();
    asked.reset(input, 0, input.length);
    const header = acceptHeader(asked);
    if (header < 0) {
      must(input.length < 12 || (input[2]! & 0x80) !== 0, 'what is dropped is no query');
      return;
    }
    // The order of src/serve.ts.
    const question = header === FORMERR ? FORMERR : readQuestion(asked);
    const edns = asked.nameLength > 0 ? readEdns(asked) : NOERROR;
    const refusal = header || (question === FORMERR ? FORMERR : edns || question);
    checkUnseen(input);
    checkRefusal(asked, input, refusal === NOERROR ? SERVFAIL : refusal);
    if (refusal === NOERROR) checkQuestion(asked, input);
    if (refusal === NOERROR)
      for (const length of [input.length >> 1, input.length - 1]) checkCut(asked, input, length);
  },
};

// ---------------------------------------------------------------------------------------------------------------------

const outbox = new Outbox(2048);

function checkRefusal(asked: Query, input: Buffer, rcode: number): void {
  for (const ede of [-1, 22]) {
    const reply = outbox.taken(composeError(asked, rcode, ede, outbox.bytes, outbox.offset));
    const { id, flags: second, question, records } = walked(reply);
    must(id === input.readUInt16BE(0), 'a refusal has the id of its query');
    must((second & flags.QR) !== 0 && (second & 0xf) === (rcode & 0xf), 'a refusal says so');
    const length = asked.nameLength > 0 ? asked.nameLength + 4 : 0;
    must(question.equals(input.subarray(12, 12 + length)), 'a refusal repeats the question');
    must(records.length === (asked.hasEdns ? 1 : 0), 'a refusal has an OPT record if its query has one');
    dnsPacket.decode(reply);
  }
}

function checkUnseen(input: Buffer): void {
  const reply = outbox.taken(composeUnseenFailure(input, 0, input.length, outbox.bytes, outbox.offset));
  must(reply.length === input.length, 'a failure without a look repeats the query');
  must((reply[2]! & 0x80) !== 0 && (reply[3]! & 0xf) === SERVFAIL, 'and says that it is one');
}

/** Only the first bytes of it are there: what it still says of itself is what it said. */
function checkCut(asked: Query, input: Buffer, length: number): void {
  const kept = Buffer.from(input.subarray(0, length));
  const left = dropCutOptions(kept, 0, length);
  must(left <= length, 'a query does not get longer by being cut');
  const again = new Query();
  rereadQuery(again, kept, 0, left);
  if (left === length || again.nameLength !== asked.nameLength) return;
  must(again.hasEdns && !again.hasOptions, 'a query that lacks options has none');
  must(
    isDeepStrictEqual([again.udpSize, again.dnssecOk], [asked.udpSize, asked.dnssecOk]),
    'and is the same otherwise',
  );
}

function checkQuestion(asked: Query, input: Buffer): void {
  const { name } = codec.decode(input, 12);
  must(
    codec.decode.bytes === asked.nameLength + 4,
    `a question has the length that dns-packet sees: ${name}`,
  );
  deriveKey(asked);
  const { key } = asked;
  must(key.length === asked.nameLength + 3, 'a key is a name, a type, and a variant');
  const spelled = Buffer.from(input);
  for (let at = 12; at < 12 + asked.nameLength; at++) {
    const byte = spelled[at]!;
    const isLabel = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a && byte > 63;
    if (isLabel) spelled[at] = byte ^ 0x20;
  }
  const again = new Query();
  rereadQuery(again, spelled, 0, spelled.length);
  deriveKey(again);
  must(again.key === key, 'a name in other letters is the same name');
  must(
    isDeepStrictEqual([again.type, again.flags & CD], [asked.type, asked.flags & CD]),
    'a query that has waited is the same query',
  );
}
