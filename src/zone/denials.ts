// denials — names that are known not to exist, and names that are being asked for: what does not exist does so for all types
// (RFC 2308 section 5, RFC 8020), so the denial that has come to a question for A is good for one for AAAA, too.
//
// Clients ask for both at once. The second waits for the first, but not for ever: what that one waits for may never come.

import { NXDOMAIN, readUint32, TYPE_SOA } from '../message/message.ts';
import type { Message } from './message.ts';
import type { Question } from './question.ts';
import type { Next } from './step.ts';

/** What has come for a name. `until`: of a denial, how long it holds, monotonic milliseconds. */
export interface Outcome {
  readonly message: Message;
  readonly until: number;
}

interface Asked {
  /** Monotonic milliseconds. */
  readonly begun: number;
  readonly coming: Promise<Message>;
}

/** Names that are remembered, of either kind. */
const MOST_NAMES = 2000;
/** Milliseconds for which a question waits for what comes to another. */
const PATIENCE = 1500;
/** Seconds for which a denial is believed at most; and for so long where it does not say. */
const MOST_TTL = 30;

export class Denials {
  readonly #now: () => number;
  /** By name, and what else a denial depends on; oldest first. */
  readonly #known = new Map<string, Outcome>();
  /** Also those of questions that are over and were never answered. */
  readonly #asked = new Map<string, Asked>();

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * What is known of the name, or `next` says.
   * @param waits whether it may turn out meanwhile, by another question, that the name does not exist
   */
  async ask(question: Question, next: Next, waits: boolean): Promise<Outcome> {
    const key = keyOf(question);
    const known = this.#known.get(key);
    if (known !== undefined && this.#now() < known.until) return this.#aged(known);
    // Without another nothing is awaited: two that come at once would both find none.
    const other = waits ? this.#asked.get(key) : undefined;
    const denied = other && (await this.#comingTo(key, other));
    if (denied !== undefined) return denied;
    const coming = next(question);
    remember(this.#asked, key, { begun: this.#now(), coming });
    const message = await coming;
    if (this.#asked.get(key)?.coming === coming) this.#asked.delete(key);
    return this.#outcome(key, message);
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** What denies the name to another question, in time. */
  async #comingTo(key: string, { begun, coming }: Asked): Promise<Outcome | undefined> {
    const left = begun + PATIENCE - this.#now();
    const message = left > 0 ? await inTime(coming, left) : undefined;
    return message?.rcode === NXDOMAIN ? this.#outcome(key, message) : undefined;
  }

  #outcome(key: string, message: Message): Outcome {
    if (message.rcode !== NXDOMAIN) return { message, until: this.#now() };
    const outcome = { message, until: this.#now() + negativeTtl(message) * 1000 };
    remember(this.#known, key, outcome);
    return outcome;
  }

  #aged({ message, until }: Outcome): Outcome {
    const left = Math.floor((until - this.#now()) / 1000);
    const authority = message.authority.map((record) => ({ ...record, ttl: Math.min(record.ttl, left) }));
    return { message: { ...message, authority }, until };
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** Signatures and proofs come to those alone that ask for them. */
function keyOf({ name, dnssecOk, checkingDisabled, recursionDesired }: Question): string {
  return `${name}${[dnssecOk, checkingDisabled, recursionDesired].map(Number).join('')}`;
}

/** The oldest gives way. */
function remember<T>(to: Map<string, T>, key: string, value: T): void {
  to.delete(key);
  to.set(key, value);
  if (to.size > MOST_NAMES) to.delete(to.keys().next().value!);
}

/** Undefined when it does not come within so many milliseconds. */
function inTime<T>(coming: Promise<T>, ms: number): Promise<T | undefined> {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, ms, undefined).unref();
    void coming.then((value) => {
      clearTimeout(late);
      resolve(value);
    });
  });
}

/** Seconds for which a denial holds (RFC 2308 section 5). */
function negativeTtl({ authority }: Message): number {
  const soa = authority.find(({ type, data }) => type === TYPE_SOA && data.length >= 20);
  return soa === undefined
    ? MOST_TTL
    : Math.min(soa.ttl, readUint32(soa.data, soa.data.length - 4), MOST_TTL);
}
