// wire-walk — takes a message apart byte by byte, in another way than src does, so that both must be wrong to agree on it.

import { must } from './must.ts';

export interface WalkedRecord {
  readonly section: 0 | 1 | 2;
  readonly type: number;
  readonly ttlAt: number;
  readonly ttl: number;
}

export interface Walked {
  readonly id: number;
  readonly flags: number;
  /** Name, type and class; empty when there is none. */
  readonly question: Buffer;
  readonly records: readonly WalkedRecord[];
}

/** A message of ours: at most one question, all records whole, nothing behind. @throws when it is not so */
export function walked(message: Buffer): Walked {
  must(message.length >= 12, 'a message has a header');
  const counts = [4, 6, 8, 10].map((at) => message.readUInt16BE(at));
  must(counts[0]! <= 1, 'there is one question at most');
  let at = 12;
  const behindName = (): number => {
    for (let next = at; ; ) {
      must(next < message.length, 'a name ends in the message');
      const label = message[next]!;
      if (label === 0) return next + 1;
      if (label >= 192) return next + 2;
      must(label < 64, 'a label is plain');
      next += 1 + label;
    }
  };
  const behindQuestion = counts[0] === 1 ? behindName() + 4 : at;
  const question = message.subarray(at, behindQuestion);
  at = behindQuestion;
  const records: WalkedRecord[] = [];
  for (const section of [0, 1, 2] as const) {
    for (let left = counts[section + 1]!; left > 0; left--) {
      const fixed = behindName();
      must(fixed + 10 <= message.length, 'a record is whole');
      records.push({
        section,
        type: message.readUInt16BE(fixed),
        ttlAt: fixed + 4,
        ttl: message.readUInt32BE(fixed + 4),
      });
      at = fixed + 10 + message.readUInt16BE(fixed + 8);
    }
  }
  must(at === message.length, `${message.length} bytes are composed, ${at} of them say something`);
  return { id: message.readUInt16BE(0), flags: message.readUInt16BE(2), question, records };
}

/** Memory to compose into: what lies around the message must stay as it was. */
export class Outbox {
  readonly bytes: Buffer;
  readonly offset = 64;

  constructor(size: number) {
    this.bytes = Buffer.alloc(size + 128, 0xee);
  }

  /** The message; afterwards the memory is as new. @param used bytes that may have been written, if more than the message */
  taken(length: number, used = length): Buffer {
    const end = this.offset + Math.max(length, used);
    const message = Buffer.from(this.bytes.subarray(this.offset, this.offset + length));
    const untouched =
      guard.equals(this.bytes.subarray(0, this.offset)) && guard.equals(this.bytes.subarray(end, end + 64));
    this.bytes.fill(0xee, 0, end + 64);
    must(untouched, 'nothing is written around a message');
    return message;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** What lies before a message and behind it. */
const guard = Buffer.alloc(64, 0xee);
