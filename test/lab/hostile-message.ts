// hostile-message — datagrams no honest client sends; none of them asks a question that may be forwarded.

import { ednsBytes, flags, header, nameBytes, questionBytes, types, words } from './wire.ts';

const question = questionBytes('evil.example');
const asks = (...counts: readonly number[]) => header(666, flags.RD, counts);
const longName = Array.from({ length: 5 }, () => 'x'.repeat(63));

type Kind = (random: Random) => Buffer;

/** One function for each kind; `random` makes each message a new one. */
export const everyKind: readonly Kind[] = [
  // Counts that lie.
  (random) => asks(random.word() | 2, random.word(), random.word(), random.word()),
  (random) => Buffer.concat([asks(1, random.word() | 1, 0, 0), question]),
  (random) => Buffer.concat([asks(1, 0, random.word() | 1, random.word()), question]),
  (random) => Buffer.concat([asks(1, 0, 0, random.word() | 2), question]),
  (random) => Buffer.concat([asks(2 + (random.word() & 255), 0, 0, 0), question, question]),
  // Names that lead nowhere.
  () => Buffer.concat([asks(1, 0, 0, 0), Buffer.of(0xc0, 12), words(1, 1)]),
  () => Buffer.concat([asks(1, 0, 0, 0), Buffer.of(1, 97, 0xc0, 16, 0xc0, 12), words(1, 1)]),
  (random) => Buffer.concat([asks(1, 0, 0, 0), words(0xc000 | (random.word() & 0x3fff)), words(1, 1)]),
  () => Buffer.concat([asks(1, 0, 0, 0), nameBytes(longName), words(1, 1)]),
  (random) => Buffer.concat([asks(1, 0, 0, 0), Buffer.of(0x40 | (random.word() & 0x7f)), random.bytes(60)]),
  (random) => Buffer.concat([asks(1, 0, 0, 0), question]).subarray(0, 12 + (random.word() % question.length)),
  // EDNS that is none.
  () => Buffer.concat([asks(1, 0, 0, 2), question, ednsBytes({}), ednsBytes({})]),
  (random) =>
    Buffer.concat([
      asks(1, 0, 0, 1),
      question,
      Buffer.of(0),
      words(types.OPT, 1232, 0, 0, random.word() | 64),
    ]),
  (random) =>
    Buffer.concat([
      asks(1, 0, 0, 1),
      question,
      Buffer.of(0),
      words(types.OPT, 512, 0, 0, 8, 10, 99),
      random.bytes(4),
    ]),
  // Replies and other opcodes.
  (random) => Buffer.concat([header(random.word(), flags.QR | flags.RD, [1, 0, 0, 0]), question]),
  (random) => Buffer.concat([header(1, 0x0800 * (1 + (random.word() % 15)), [1, 0, 0, 0]), question]),
  // Nothing at all, and noise; QDCOUNT is made wrong, since chance must not write a question.
  (random) => random.bytes(random.word() % 12),
  (random) => {
    const noise = random.bytes(12 + (random.word() % 1460));
    if (noise.readUInt16BE(4) === 1) noise.writeUInt16BE(9, 4);
    return noise;
  },
];

/** The message with this number: always the same one, so that a failure can be repeated. */
export function hostileMessage(index: number): Buffer {
  return everyKind[index % everyKind.length]!(new Random(index));
}

/** mulberry32. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed + 0x9e3779b9) | 0;
  }

  word(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) & 0xffff;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.word() & 255));
  }
}
