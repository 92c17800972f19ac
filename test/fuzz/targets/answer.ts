// answer — target: what an upstream sends, judged, kept, told the twin, and given to clients.

import { composeAnswer, REPLY_SLACK } from '../../../src/cache/compose-answer.ts';
import type { Entry } from '../../../src/cache/entry.ts';
import { readRecord, recordEnd, recordLength, writeRecord } from '../../../src/cache/entry-record.ts';
import { judge } from '../../../src/cache/verdict.ts';
import { plainNameLength } from '../../../src/message/name.ts';
import { Query } from '../../../src/message/query.ts';
import { deriveKey, rereadQuery } from '../../../src/message/question.ts';
import {
  type Asked,
  answers,
  Exchange,
  isBareError,
  type UpstreamQuestion,
} from '../../../src/upstream/exchange.ts';
import { cacheUpTo } from '../../lab/cache-plan.ts';
import { a, cname, manyAddresses, opaque, rrsig, soa } from '../../lab/records.ts';
import { buildQuery, buildReply, flags, nameBytes, rcodes, types } from '../../lab/wire.ts';
import type { Target } from '../target.ts';
import { must } from './must.ts';
import { Outbox, type Walked, walked } from './wire-walk.ts';

const now = 5_000_000;
const cache = cacheUpTo(300, 60);
const zone = { index: 0, cache, suffix: '\0' };
const wallSeconds = () => 1.7e9;

/** Bytes of an input before the response: what the client is like, and how old the answer. */
const CONTROL = 4;

export const answer: Target = {
  name: 'answer',
  sentence: 'src/message and src/cache judge and keep what upstreams send, and compose answers of it',
  most: 2048,
  seeds: () => [
    ...replies().map((reply, i) => Buffer.concat([Buffer.of(i * 30, i, i * 16, i & 7), reply])),
    Buffer.concat([Buffer.of(0, LONG | 3, 10, 255), pointers()]),
  ],
  run(input) {
    if (input.length < CONTROL + 12) return;
    const response = responseOf(input);
    const nameLength = plainNameLength(response, 12, response.length);
    if (nameLength < 0 || 12 + nameLength + 4 > response.length) return;
    const question = response.toString('latin1', 12, 12 + nameLength + 4);
    checkAccepted(response, question, nameLength);
    const view = { bytes: response, start: 0, length: response.length, nameLength };
    const verdict = judge(view, zone, now, wallSeconds);
    if (verdict.outcome !== 'answer') return;
    const { entry } = verdict;
    checkEntry(entry);
    checkReply(entry, question, input.subarray(0, CONTROL));
    if (entry.ttl > 0) checkRecord(entry, question);
  },
};

// ---------------------------------------------------------------------------------------------------------------------

/** Of the second byte of an input: the last bytes of the response come again and again, a record each time. */
const LONG = 8;

/** A response to a QUERY with one question. */
function responseOf(input: Buffer): Buffer {
  const [, first = 0, second = 0, age = 0] = input;
  const message = input.subarray(CONTROL);
  const tail = message.subarray(Math.max(12, message.length - 12 - (second >> 2)));
  const most = Math.floor((65_535 - message.length) / Math.max(1, tail.length));
  const times = first & LONG ? Math.min(age * 20, most) : 0;
  const response = Buffer.concat([message, Buffer.alloc(times * tail.length, tail)]);
  response[2]! = (response[2]! & 0x07) | 0x80;
  response.writeUInt16BE(1, 4);
  response.writeUInt16BE((response.readUInt16BE(6) + times) & 0xffff, 6);
  return response;
}

/** A record full of pointers, each to the one before, and one whose names begin at the last. */
function pointers(): Buffer {
  const asked = buildQuery({ id: 7, name: 'example', type: types.A });
  const chain = Buffer.alloc(1800);
  const start = asked.length + 12;
  for (let at = 0; at < chain.length; at += 2)
    chain.writeUInt16BE(0xc000 | (at === 0 ? 12 : start + at - 2), at);
  const last = 0xc000 | (start + chain.length - 2);
  const record = Buffer.from([
    last >> 8,
    last & 255,
    0,
    types.CNAME,
    0,
    1,
    0,
    0,
    0,
    30,
    0,
    2,
    last >> 8,
    last & 255,
  ]);
  return Buffer.concat([
    buildReply(asked, { answer: [opaque(types.TXT, chain), a('10.0.0.1')] }).subarray(0, -16),
    record,
  ]);
}

function replies(): Buffer[] {
  const asked = (name: string, type: number) => buildQuery({ id: 7, name, type });
  const host = asked('www.example', types.A);
  const chain = [cname('b.example'), { ...cname('c.example'), owner: 'b.example' }];
  return [
    buildReply(host, { answer: [a('10.0.0.1')], edns: {} }),
    buildReply(host, { answer: [...chain, a('10.0.0.2', { owner: 'c.example' })] }),
    buildReply(host, { answer: manyAddresses(60), flags: flags.AD }),
    buildReply(host, { rcode: rcodes.NXDOMAIN, authority: [soa({ owner: 'example' })] }),
    buildReply(host, { authority: [soa({ owner: '.' }), rrsig(types.SOA)], edns: { do: true } }),
    buildReply(host, { rcode: rcodes.SERVFAIL, edns: { extendedRcode: 1 } }),
    buildReply(host, { flags: flags.TC }),
    buildReply(asked('_dns._udp.example', types.SRV), {
      answer: [opaque(types.SRV, Buffer.concat([Buffer.from([0, 1, 0, 1, 0, 53]), nameBytes('a.example')]))],
      additional: [a('10.0.0.3', { owner: 'a.example' })],
    }),
    buildReply(asked('d.example', types.ANY), {
      answer: [opaque(types.DNAME, nameBytes('e.example')), rrsig(types.DNAME), a('10.0.0.4', { ttl: 0 })],
    }),
  ];
}

const unasked: Asked = {
  name: '',
  transport: 'udp',
  patience: 1000,
  ask() {},
  answered() {},
  missed() {},
  unreachable() {},
  failed() {},
  late() {},
};

function checkAccepted(response: Buffer, question: string, nameLength: number): void {
  const folded = question.slice(0, nameLength).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const key = `${folded}${question.slice(nameLength, nameLength + 2)}\0`;
  const inClass = question.endsWith('\0\x01');
  must(answers(key, response, 0, response.length) === inClass, 'a response to our question is one');
  must(!isBareError(response, 0, response.length), 'and no error without a question');
  const other = Buffer.from(response);
  other[12 + nameLength]! ^= 1;
  must(!answers(key, other, 0, other.length), 'a response to a question of another type is none');
  const asked: UpstreamQuestion = {
    ...{ question, key, nameLength, flags: flags.RD, dnssecOk: false, udpSize: 1232, vital: false },
    responded() {},
    hinted() {},
    failed() {},
    heldUp() {},
  };
  const exchange = new Exchange(asked, unasked, 'udp', false, 0);
  const sent = outbox.taken(exchange.write(outbox.bytes, outbox.offset));
  must(walked(sent).question.toString('latin1') === question, 'a question is asked as it stands');
}

function checkEntry(entry: Entry): void {
  const { records } = walked(wireOf(entry));
  const most = entry.kind === 'success' ? cache.success.most : cache.denial.most;
  must(
    Number.isInteger(entry.ttl) && entry.ttl >= 0 && entry.ttl <= most,
    'an entry lives no longer than the caps say',
  );
  must(entry.expires === now + entry.ttl * 1000, 'and ends when its TTL does');
  const { ttlOffsets } = entry; // by its units: two of them may pass for one character
  must(ttlOffsets.length === records.length, 'each record has its place noted');
  must(
    records.every(({ ttlAt, type }, i) => ttlOffsets.charCodeAt(i) === ttlAt && type !== types.OPT),
    'where its TTL lies; and none is an OPT',
  );
}

const outbox = new Outbox(70_000);

function checkReply(entry: Entry, question: string, control: Buffer): void {
  const [size = 0, first = 0, second = 0, age = 0] = control;
  const query = new Query();
  const asked = Buffer.from(question, 'latin1');
  for (let at = 1; at < entry.nameLength; at++) {
    const isLetter = /[a-zA-Z]/.test(String.fromCharCode(asked[at]!));
    if (isLetter && second & 1 && asked[at]! > 63) asked[at]! ^= 0x20;
  }
  const edns = { size: 512 + size * 4, do: (first & 1) !== 0 };
  const head = buildQuery({ id: 0x1234, flags: second & 2 ? flags.RD | flags.AD : 0, edns });
  const message = Buffer.concat([head.subarray(0, 12), asked, head.subarray(head.length - 11)]);
  rereadQuery(query, message, 0, message.length);
  query.nameLength = entry.nameLength; // also of a type that is refused
  query.hasEdns = (first & 2) !== 0;
  const limit = first & 4 ? 65_535 : query.hasEdns ? edns.size : 512;
  const at = now + age * 2000;
  const length = composeAnswer(entry, query, outbox.bytes, outbox.offset, limit, at);
  must(length <= limit || limit >= entry.wire.length + REPLY_SLACK, 'a reply fits its client');
  checkSaid(entry, outbox.taken(length, entry.wire.length + REPLY_SLACK), asked, query.hasEdns, limit);
}

function checkSaid(entry: Entry, reply: Buffer, asked: Buffer, edns: boolean, limit: number): void {
  const said = walked(reply);
  const kept = walked(wireOf(entry));
  must(said.id === 0x1234 && (said.flags & flags.QR) !== 0, 'a reply is to its query');
  must(said.question.equals(asked), 'in its spelling');
  const opts = said.records.filter(({ type }) => type === types.OPT).length;
  must(opts === (edns ? 1 : 0), 'with an OPT record if it had one');
  const cut = (said.flags & flags.TC) !== 0;
  if (!cut) must(countBefore(said) === countBefore(kept), 'a reply without TC has all that was asked for');
  else must(entry.wire.length + REPLY_SLACK > limit, 'what fits is not cut');
  const most = Math.max(entry.ttl, 30, cache.success.most);
  must(
    said.records.every(({ type, ttl }) => type === types.OPT || ttl <= most),
    'no TTL is above the caps',
  );
}

/** Records of answer and authority. */
function countBefore({ records }: Walked): number {
  return records.filter(({ section }) => section < 2).length;
}

/** What is kept is the same for the twin that is told of it. */
function checkRecord(entry: Entry, question: string): void {
  const query = new Query();
  const message = Buffer.concat([buildQuery({ id: 1 }).subarray(0, 12), Buffer.from(question, 'latin1')]);
  rereadQuery(query, message, 0, message.length);
  if (query.class !== 1) return;
  deriveKey(query);
  const bytes = Buffer.alloc(recordLength(entry));
  writeRecord(bytes, 0, query.key, entry, zone.suffix);
  must(recordEnd(bytes, 0, bytes.length) === bytes.length, 'a record ends where it says');
  const read = readRecord(bytes, 0, bytes.length, { zone: () => zone, now: () => now, wallSeconds });
  must(read !== undefined, 'a record of what is kept is taken');
  must(read.key === query.key && read.entry.wire === entry.wire, 'and says the same');
  must(read.entry.kind === entry.kind && read.entry.ttl === entry.ttl, 'for as long');
}

/** Its counts are those of the records that are kept. */
function wireOf(entry: Entry): Buffer {
  return Buffer.from(entry.wire, 'latin1');
}
