// dns64 — step: IPv6 addresses made of IPv4 ones, for clients that reach those through a translator (RFC 6147).

import { CLASS_IN, NXDOMAIN, TYPE_A, TYPE_AAAA, TYPE_SOA } from '../message/message.ts';
import type { Message, ResourceRecord } from './message.ts';
import type { Question } from './question.ts';
import type { Next, Step } from './step.ts';

/** Bits of a prefix that an address can be put behind (RFC 6052 section 2.2). */
export const prefixLengths = [32, 40, 48, 56, 64, 96] as const;

export interface Dns64Settings {
  /** 16 bytes. */
  readonly prefix: Uint8Array;
  readonly length: (typeof prefixLengths)[number];
  /** Where there are IPv6 addresses, too. */
  readonly translateAll: boolean;
  /** For clients that ask over IPv4, too. */
  readonly allowIPv4: boolean;
}

/** Seconds, where no SOA says how long there are no IPv6 addresses (RFC 6147 section 5.1.7). */
const MOST_TTL = 600;

export class Dns64 implements Step {
  readonly name = 'dns64';
  readonly looksAtFamily: boolean;
  readonly #settings: Dns64Settings;

  constructor(settings: Dns64Settings) {
    this.#settings = settings;
    this.looksAtFamily = !settings.allowIPv4;
  }

  async resolve(question: Question, next: Next): Promise<Message> {
    if (!this.#concerns(question)) return next(question);
    const given = await next(question);
    const hasOwn = given.answer.some(({ type }) => type === TYPE_AAAA);
    if (given.rcode === NXDOMAIN || (hasOwn && !this.#settings.translateAll)) return given;
    const ofIPv4 = await next({ ...question, type: TYPE_A });
    const soa = given.authority.find(({ type }) => type === TYPE_SOA);
    const most = soa?.ttl ?? MOST_TTL;
    return {
      ...ofIPv4,
      authoritative: false,
      authentic: false, // no signature is of what was made here
      answer: ofIPv4.answer.map((record) =>
        record.type === TYPE_A ? this.#translated(record, most) : record,
      ),
    };
  }

  explain(question: Question): string | undefined {
    if (!this.#concerns(question)) return undefined;
    return this.#settings.translateAll
      ? 'dns64 makes IPv6 addresses of its IPv4 addresses'
      : 'where it has no IPv6 address, dns64 makes one of each IPv4 address';
  }

  #concerns({ type, class: cls, client }: Question): boolean {
    return (
      type === TYPE_AAAA && cls === CLASS_IN && (this.#settings.allowIPv4 || client.address.includes(':'))
    );
  }

  #translated(record: ResourceRecord, most: number): ResourceRecord {
    const data = translated(this.#settings, record.data);
    return { ...record, type: TYPE_AAAA, ttl: Math.min(record.ttl, most), data };
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** Bits 64 to 71 are 0, whichever the prefix (RFC 6052 section 2.2). */
function translated(
  { prefix, length }: Pick<Dns64Settings, 'prefix' | 'length'>,
  address: Uint8Array,
): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.set(prefix.subarray(0, length / 8));
  let at = length / 8;
  for (const byte of address.subarray(0, 4)) {
    if (at === 8) at++;
    bytes[at++] = byte;
  }
  return bytes;
}
