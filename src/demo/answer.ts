// answer — one query to the demo zone, bytes in, bytes out.

import { decode, encode, type OptAnswer } from 'dns-packet';
import { type Finding, lookup, type ZoneRecord } from './zone.ts';

/**
 * The reply to one message, or undefined when it deserves none: too short, or itself a reply.
 * @param transport over UDP a reply larger than the client takes is cut down to its question, with TC set.
 */
export function answer(query: Uint8Array, transport: 'udp' | 'tcp'): Buffer | undefined {
  const bytes = Buffer.from(query);
  if (bytes.length < headerLength || bytes.readUInt8(2) & 0x80) return undefined;
  if (bytes.readUInt8(2) & 0x78) return failure(bytes, rcodes.notImplemented);
  const asked = readQuestion(bytes);
  if (!asked) return failure(bytes, rcodes.formatError);
  const finding: Finding = asked.internet ? lookup(asked.name, asked.type) : { outcome: 'refused' };
  const full = write(bytes, asked, finding);
  const limit = Math.max(512, asked.edns?.udpPayloadSize ?? 512);
  if (transport === 'tcp' || full.length <= limit) return full;
  const cut = write(bytes, asked, { outcome: 'answer', answers: [], additionals: [] });
  cut.writeUInt8(cut.readUInt8(2) | 0x02, 2);
  return cut;
}

// ---------------------------------------------------------------------------------------------------------------------

const headerLength = 12;
const rcodes = { noError: 0, formatError: 1, nameError: 3, notImplemented: 4, refused: 5 } as const;
const rcodeOf = {
  answer: rcodes.noError,
  nodata: rcodes.noError,
  nxdomain: rcodes.nameError,
  refused: rcodes.refused,
};
const advertisedSize = 1232;

interface Asked {
  readonly name: string;
  readonly type: string;
  readonly internet: boolean;
  /** The question as the client spelt it. */
  readonly wire: Buffer;
  readonly edns: OptAnswer | undefined;
}

/** Undefined when the message is malformed; dns-packet reserves memory by the counts, so those are checked first. */
function readQuestion(bytes: Buffer): Asked | undefined {
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at));
  if (questions !== 1 || answers !== 0 || authorities !== 0 || additionals! > 4) return undefined;
  try {
    const packet = decode(bytes);
    const question = packet.questions![0]!;
    // A name that does not survive dns-packet (binary labels, dots inside labels) is none of the zone's: keep the bytes.
    const written = encode({ questions: [question] });
    const end = nameEnd(bytes);
    const wire = bytes.subarray(headerLength, end + 4);
    const faithful = written.subarray(headerLength, -4).equals(wire.subarray(0, -4));
    const edns = packet.additionals!.find((record) => record.type === 'OPT');
    const internet = faithful && bytes.readUInt16BE(end + 2) === 1;
    return { name: question.name, type: question.type, internet, wire, edns };
  } catch {
    return undefined;
  }
}

/** Offset behind the question's name; a query has no earlier name to point to, so a pointer is an error. */
function nameEnd(bytes: Buffer): number {
  let at = headerLength;
  for (let length = bytes.readUInt8(at); length !== 0; length = bytes.readUInt8(at)) {
    if (length > 63) throw new RangeError('compressed question');
    at += 1 + length;
  }
  return at + 1;
}

function write(query: Buffer, asked: Asked, finding: Finding): Buffer {
  const answers = finding.outcome === 'answer' ? finding.answers : [];
  const authorities = 'soa' in finding ? [finding.soa] : [];
  const additionals = finding.outcome === 'answer' ? finding.additionals : [];
  const header = Buffer.alloc(headerLength);
  query.copy(header, 0, 0, 2);
  const authoritative = finding.outcome === 'refused' ? 0 : 0x04;
  header.writeUInt8(0x80 | authoritative | (query.readUInt8(2) & 0x01), 2);
  header.writeUInt8((query.readUInt8(3) & 0x10) | rcodeOf[finding.outcome], 3); // RA=0, CD as asked
  const counts = [1, answers.length, authorities.length, additionals.length + (asked.edns ? 1 : 0)];
  for (const [index, count] of counts.entries()) header.writeUInt16BE(count, 4 + 2 * index);
  const records = [...answers, ...authorities, ...additionals].map((record) =>
    writeRecord(record, asked.name),
  );
  return Buffer.concat([header, asked.wire, ...records, ...(asked.edns ? [writeEdns(asked.edns)] : [])]);
}

/** dns-packet does not compress names, so an owner that is the question's name becomes a pointer to it here. */
function writeRecord(record: ZoneRecord, questionName: string): Buffer {
  if (record.name !== questionName.toLowerCase()) return recordBytes(record);
  return Buffer.concat([Buffer.of(0xc0, headerLength), recordBytes({ ...record, name: '.' }).subarray(1)]);
}

function recordBytes(record: ZoneRecord | OptAnswer): Buffer {
  return encode({ type: 'response', answers: [record] }).subarray(headerLength);
}

function writeEdns({ flag_do }: OptAnswer): Buffer {
  const flags = flag_do ? 0x8000 : 0;
  return recordBytes({
    name: '.',
    type: 'OPT',
    udpPayloadSize: advertisedSize,
    extendedRcode: 0,
    ednsVersion: 0,
    flags,
    flag_do,
    options: [],
  });
}

/** A reply without a question: its header is all that was understood. */
function failure(query: Buffer, rcode: number): Buffer {
  const reply = Buffer.alloc(headerLength);
  query.copy(reply, 0, 0, 2);
  reply.writeUInt8(0x80 | (query.readUInt8(2) & 0x79), 2);
  reply.writeUInt8(rcode, 3);
  return reply;
}
