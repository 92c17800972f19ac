// catalogue — the names the load asks for, and what the upstream says about each; both follow from the name alone.
//
// So that a wrong answer is seen, every name has addresses of its own, derived from its bytes. The first word says what
// kind of name it is: `hit-7`, `slow-1234`.

import type { Chance } from './chance.ts';
import { nameFromText, readUint16, writeUint16 } from './wire.ts';

interface Facts {
  /** How many addresses a name has. */
  readonly records: number;
  /** How long its upstream takes, in milliseconds; names of Infinity it never answers. */
  readonly delay: number;
  /** How many names the load has; 0: each is asked once. */
  readonly names: number;
  /** Of the load's questions. */
  readonly share: number;
  /** Seconds for which it may be kept; an hour unless given. */
  readonly ttl?: number;
}

export const kinds = {
  /** Few names, asked again and again. */
  hit: { records: 1, delay: 2, names: 200, share: 0.7 },
  /** Names asked once. */
  miss: { records: 2, delay: 2, names: 0, share: 0.1 },
  slow: { records: 1, delay: 20, names: 0, share: 0.04 },
  /** Names that do not exist, asked again and again. */
  none: { records: 0, delay: 2, names: 40, share: 0.05 },
  /** Names that do not exist, asked once. */
  gone: { records: 0, delay: 2, names: 0, share: 0.03 },
  /** More than 512 bytes, less than 1232. */
  big: { records: 60, delay: 2, names: 20, share: 0.06 },
  /** More than any datagram is allowed to have. */
  huge: { records: 150, delay: 2, names: 4, share: 0.02 },
  /** What only attackers and bystanders ask: nearly all that a message can have, after a moment and after a while. */
  vast: { records: 3700, delay: 20, names: 0, share: 0 },
  lump: { records: 3700, delay: 400, names: 0, share: 0 },
  /** Pointers to pointers to pointers instead of names. */
  bomb: { records: 0, delay: 2, names: 0, share: 0 },
  mute: { records: 1, delay: Number.POSITIVE_INFINITY, names: 0, share: 0 },
  tardy: { records: 1, delay: 1500, names: 0, share: 0 },
  late: { records: 1, delay: 100, names: 0, share: 0 },
  /** Headless services. */
  pods3: { records: 3, delay: 2, names: 0, share: 0 },
  pods8: { records: 8, delay: 2, names: 0, share: 0 },
  pods12: { records: 12, delay: 2, names: 0, share: 0 },
  pods20: { records: 20, delay: 2, names: 0, share: 0 },
  pods26: { records: 26, delay: 2, names: 0, share: 0 },
  brief: { records: 1, delay: 2, names: 50, share: 0, ttl: 2 },
} as const satisfies Record<string, Facts>;
export type Kind = keyof typeof kinds;

/** An instance asks for names of the first over UDP, of the second, which is the cluster's, over TCP. */
const zones = ['chaos.example', 'chaos.cluster.local'] as const;

export const HEADER = 12;
/** Bytes of an A record whose owner is a pointer. */
export const RECORD = 16;
const OPT = 11;
const TYPE_A = 1;
const CLASS_IN = 1;

export interface Question {
  readonly kind: Kind;
  /** With id 0; the client sets its own. */
  readonly message: Buffer;
  /** Bytes of the question section, behind the header. */
  readonly length: number;
  /** Whether the whole answer fits a datagram of the size the question allows. */
  readonly fits: boolean;
  /** A failure of the server is a right answer to it, too. */
  mayFail: boolean;
  /** What was answered before the first disaster, for a name that is not in the catalogue. */
  readonly foreign?: Heard;
  /** What is right where the name itself does not say so, as 32 bits each. */
  readonly addresses?: readonly number[];
}

export interface Heard {
  readonly rcode: number;
  /** In the answer section. */
  readonly records: number;
}

/** The n-th question of a load. Every name that is new has `n` in it, so that it is asked once. */
export function nextQuestion(n: number, run: string, chance: Chance): Question {
  const kind = kindAt(chance.next());
  const { names } = kinds[kind];
  const number = names > 0 ? chance.below(names) : `${run}-${n}`;
  const text = `${kind}-${number}.${zones[chance.below(2)]}`;
  return question(kind, spelled(text, chance), chance.next() < 0.7);
}

export function question(kind: Kind, text: string, edns: boolean): Question {
  const name = nameFromText(text);
  const length = name.length + 4;
  // Of a pool: memory of its own for each would be the most of the load's garbage.
  const message = Buffer.allocUnsafe(HEADER + length + (edns ? OPT : 0)).fill(0);
  writeUint16(message, 2, 0x0100);
  writeUint16(message, 4, 1);
  message.set(name, HEADER);
  writeUint16(message, HEADER + name.length, TYPE_A);
  writeUint16(message, HEADER + name.length + 2, CLASS_IN);
  if (edns) {
    writeUint16(message, 10, 1);
    message.set([0, 0, 41, 1232 >> 8, 1232 & 0xff, 0, 0, 0, 0, 0, 0], HEADER + length);
  }
  const size = HEADER + length + kinds[kind].records * RECORD + (edns ? OPT : 0);
  return { kind, message, length, fits: size <= (edns ? 1232 : 512), mayFail: false };
}

export function factsOf(kind: Kind): Facts {
  return kinds[kind];
}

/** The kind of the name at `start` of a message, if it is one of the catalogue. */
export function kindOf(message: Uint8Array, start: number): Kind | undefined {
  const label = Buffer.from(message.subarray(start + 1, start + 1 + (message[start] ?? 0))).toString(
    'latin1',
  );
  const word = label.toLowerCase().split('-')[0]!;
  return Object.hasOwn(kinds, word) ? (word as Kind) : undefined;
}

/** The n-th address of the name at `start`, as 32 bits: FNV-1a of its folded bytes, then steps that never repeat. */
export function addressOf(message: Uint8Array, start: number, length: number, n: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < start + length; i++) {
    const byte = message[i]!;
    hash = Math.imul(hash ^ (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte), 0x01000193);
  }
  return (hash + Math.imul(n, 0x9e3779b1)) >>> 0;
}

export function questionLength(message: Uint8Array, length: number): number {
  let at = HEADER;
  while (at < length && message[at] !== 0) at += 1 + message[at]!;
  return at + 5 <= length && readUint16(message, 4) === 1 ? at + 5 - HEADER : 0;
}

// ---------------------------------------------------------------------------------------------------------------------

function kindAt(share: number): Kind {
  let sum = 0;
  for (const [kind, { share: own }] of Object.entries(kinds)) {
    sum += own;
    if (share < sum) return kind as Kind;
  }
  return 'hit';
}

/** One in five with capitals, which the answer has to repeat. */
function spelled(text: string, chance: Chance): string {
  if (chance.next() > 0.2) return text;
  return [...text].map((char) => (chance.next() < 0.5 ? char.toUpperCase() : char)).join('');
}
