// right-answer — whether a reply says what the catalogue says about its question: flags, question, rcode, every record.

import { addressOf, HEADER, type Heard, kinds, type Question } from './catalogue.ts';
import { readUint16 } from './wire.ts';

/** What is wrong with a reply whose id fits, in a few words; undefined when nothing is. */
export function faultOf(
  question: Question,
  reply: Uint8Array,
  length: number,
  transport: 'udp' | 'tcp',
): string | undefined {
  if (length < HEADER) return `${length} bytes`;
  const flags = readUint16(reply, 2);
  if ((flags & 0x8000) === 0) return 'not a reply';
  if ((flags & 0x7800) !== 0 || (flags & 0x0100) === 0) return `flags ${flags.toString(16)}`;
  if (readUint16(reply, 4) !== 1 || !repeats(question, reply, length)) return 'another question';
  const rcode = flags & 15;
  if (rcode === SERVFAIL && question.mayFail) return undefined;
  if (question.foreign !== undefined) return differs(question.foreign, rcode, readUint16(reply, 6), flags);
  const { records } = kinds[question.kind];
  if (rcode !== (records === 0 ? NXDOMAIN : NOERROR)) return `rcode ${rcode}`;
  if (flags & 0x0200) return transport === 'udp' && !question.fits ? undefined : 'cut off';
  const found = addresses(question, reply, length);
  if (typeof found === 'string') return found;
  if (found.size !== records) return `${found.size} of ${records} addresses`;
  const name = question.length - 4;
  for (let n = 0; n < records; n++) {
    const address = question.addresses?.[n] ?? addressOf(question.message, HEADER, name, n);
    if (!found.has(address)) return 'an address of another name';
  }
  return undefined;
}

// ---------------------------------------------------------------------------------------------------------------------

const NOERROR = 0;
const SERVFAIL = 2;
const NXDOMAIN = 3;
const TYPE_A = 1;

/** For a name that is not in the catalogue, only the kind of the answer can be compared. */
function differs(heard: Heard, rcode: number, records: number, flags: number): string | undefined {
  if (rcode !== heard.rcode) return `rcode ${rcode} instead of ${heard.rcode}`;
  if (records > 0 !== heard.records > 0 && (flags & 0x0200) === 0)
    return `${records} records instead of ${heard.records}`;
  return undefined;
}

function repeats({ message, length }: Question, reply: Uint8Array, end: number): boolean {
  if (HEADER + length > end) return false;
  for (let i = HEADER; i < HEADER + length; i++) if (reply[i] !== message[i]) return false;
  return true;
}

/** The addresses of the answer section, or what is wrong with it. */
function addresses(question: Question, reply: Uint8Array, end: number): Set<number> | string {
  const found = new Set<number>();
  const count = readUint16(reply, 6);
  let at = HEADER + question.length;
  for (let i = 0; i < count; i++) {
    const owner = ownerEnd(question, reply, at, end);
    if (owner < 0) return 'a record of another name';
    if (owner + 14 > end || readUint16(reply, owner) !== TYPE_A || readUint16(reply, owner + 8) !== 4)
      return 'a record that is no address';
    const high = readUint16(reply, owner + 10);
    found.add(((high << 16) | readUint16(reply, owner + 12)) >>> 0);
    at = owner + 14;
  }
  return found.size === count ? found : 'an address twice';
}

/** The offset behind the owner at `at`, which must be the question's name: a pointer to it, or its bytes; else -1. */
function ownerEnd({ message, length }: Question, reply: Uint8Array, at: number, end: number): number {
  if (at + 2 > end) return -1;
  if (reply[at] === 0xc0) return reply[at + 1] === HEADER ? at + 2 : -1;
  const name = length - 4;
  for (let i = 0; i < name; i++) if ((reply[at + i]! | 0x20) !== (message[HEADER + i]! | 0x20)) return -1;
  return at + name;
}
