// answer-order — the addresses of an answer in an order of its own for each query (`loadbalance`), arranged where the reply lies.
//
// Without one, addresses change places once a second, which costs nothing while replies lie ready: see src/cache/rotation.ts. It
// also finds the addresses: all of one name and type, at the end of the answer section, up to 64.

import type { Rotating } from '../cache/rotation.ts';
import type { Log } from '../log/log.ts';
import { expandName } from '../message/name.ts';
import { holds, type Network } from './networks.ts';
import type { WireName } from './question.ts';

export interface AnswerOrder {
  /** Puts the records that lie there in the message at `at` of `bytes` into the order for one client. */
  arrange(bytes: Buffer, at: number, records: Rotating): void;
  /** Where it tells of what it cannot read, told before the first query. */
  tellIn?(log: WeightsLog): void;
}

export type WeightsLog = Pick<Log, 'info' | 'warn'>;

/** Weights from 1 to 255 of the addresses of a name; 1 where nothing is known of one. */
export interface Weights {
  /** Undefined where nothing is known of any. @param address as bytes, one a character */
  of(name: WireName): ((address: string) => number) | undefined;
  tellIn?(log: WeightsLog): void;
}

/** Bytes between the owner of a record, a pointer, and its data. */
const BEFORE_DATA = 12;
const MOST = 64;

const order = new Uint8Array(MOST);
const copy = Buffer.alloc(MOST * (BEFORE_DATA + 16));
const owner = Buffer.alloc(256);

/** Each order as likely as any other, but that addresses in the networks come first: those of the first network before all. */
export class Shuffled implements AnswerOrder {
  readonly #prefer: readonly Network[];
  readonly #random: () => number;

  /** @param random from 0 up to 1, which is never given */
  constructor(prefer: readonly Network[], random: () => number) {
    this.#prefer = prefer;
    this.#random = random;
  }

  arrange(bytes: Buffer, at: number, records: Rotating): void {
    const { count } = records;
    for (let i = 0; i < count; i++) {
      const other = Math.floor(this.#random() * (i + 1));
      order[i] = order[other]!;
      order[other] = i;
    }
    if (this.#prefer.length > 0) {
      const ranks = Array.from({ length: count }, (_, i) => this.#rank(addressAt(bytes, at, records, i)));
      order.subarray(0, count).sort((a, b) => ranks[a]! - ranks[b]!);
    }
    putInOrder(bytes, at, records);
  }

  #rank(address: Uint8Array): number {
    const rank = this.#prefer.findIndex((network) => holds(network, address));
    return rank < 0 ? this.#prefer.length : rank;
  }
}

/** One address comes first, each as often as its share of all weights says; the others stay where they are. */
export class Weighted implements AnswerOrder {
  readonly #weights: Weights;
  readonly #random: () => number;

  constructor(weights: Weights, random: () => number) {
    this.#weights = weights;
    this.#random = random;
  }

  tellIn(log: WeightsLog): void {
    this.#weights.tellIn?.(log);
  }

  arrange(bytes: Buffer, at: number, records: Rotating): void {
    const { first, size, count } = records;
    const end = at + first + size;
    const length = expandName(bytes, at, at + first, end, owner, { pointers: MOST });
    const weightOf = length < 0 ? undefined : this.#weights.of(owner.toString('latin1', 0, length));
    const weights = Array.from({ length: count }, (_, i) =>
      weightOf === undefined ? 1 : weightOf(addressAt(bytes, at, records, i).toString('latin1')),
    );
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    let rest = Math.floor(this.#random() * all);
    let top = 0;
    while (rest >= weights[top]!) rest -= weights[top++]!;
    for (let i = 0; i < count; i++) order[i] = i;
    order[0] = top;
    order[top] = 0;
    putInOrder(bytes, at, records);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function addressAt(bytes: Buffer, at: number, { first, size }: Rotating, index: number): Buffer {
  const record = at + first + index * size;
  return bytes.subarray(record + BEFORE_DATA, record + size);
}

function putInOrder(bytes: Buffer, at: number, { first, size, count }: Rotating): void {
  const from = at + first;
  bytes.copy(copy, 0, from, from + count * size);
  for (let i = 0; i < count; i++) copy.copy(bytes, from + i * size, order[i]! * size, (order[i]! + 1) * size);
}
