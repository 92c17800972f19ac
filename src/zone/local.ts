// local — names that mean this machine (RFC 6761 section 6.3, RFC 6303) are answered here: no server elsewhere knows them, and
// each query for one that gets out is one too many.

import type { Counters } from '../counters.ts';
import { TYPE_A, TYPE_AAAA, TYPE_SOA } from '../message/message.ts';
import { isBelow } from '../message/name.ts';
import { addressRecord, message, nameRecord, noData, noName, soaRecord } from './build-message.ts';
import type { Message, ResourceRecord } from './message.ts';
import type { Question, WireName } from './question.ts';
import { TYPE_NS, TYPE_PTR } from './rdata.ts';
import type { Next, Step } from './step.ts';
import { parseName } from './wire-name.ts';

/** Seconds: a week. */
const TTL = 604_800;

const LOCALHOST = parseName('localhost')!;
/** How a name begins that a resolver on the client made of `localhost` and its search list. */
const LOCALHOST_LABEL = LOCALHOST.slice(0, -1);
const MAILBOX = parseName('root.localhost')!;
const IPV4_LOOPBACK = parseName('1.0.0.127.in-addr.arpa')!;
const IPV6_LOOPBACK = parseName(`1.${'0.'.repeat(31)}ip6.arpa`)!;
const EMPTY_ZONES = ['0.in-addr.arpa', '127.in-addr.arpa', '255.in-addr.arpa'].map(
  (zone) => parseName(zone)!,
);
const ZONES = [LOCALHOST, ...EMPTY_ZONES, IPV6_LOOPBACK];

const LOOPBACK_V4 = Uint8Array.of(127, 0, 0, 1);
const LOOPBACK_V6 = Uint8Array.from({ length: 16 }, (_, i) => (i === 15 ? 1 : 0));

export class Local implements Step {
  readonly name = 'local';
  readonly #isPrefixTaken: boolean;
  #events: Counters['events'] | undefined = undefined;

  /** @param isPrefixTaken names that begin with `localhost.` are taken, too: `localhost.example.com` */
  constructor(isPrefixTaken: boolean) {
    this.#isPrefixTaken = isPrefixTaken;
  }

  async resolve(question: Question, next: Next): Promise<Message> {
    const { name } = question;
    if (this.#isLonger(name)) {
      if (this.#events !== undefined) this.#events.localhostQueries++; // a search list at work
      return loopback(question, name);
    }
    const zone = ZONES.find((one) => isBelow(name, one));
    return zone === undefined ? next(question) : inZone(question, zone);
  }

  countIn(events: Counters['events']): void {
    this.#events = events;
  }

  explain({ name }: Question): string | undefined {
    if (!this.#isLonger(name) && !ZONES.some((zone) => isBelow(name, zone))) return undefined;
    return 'the name means this machine: it is answered here';
  }

  #isLonger(name: WireName): boolean {
    if (name === LOCALHOST) return false;
    return isBelow(name, LOCALHOST) || (this.#isPrefixTaken && name.startsWith(LOCALHOST_LABEL));
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function inZone({ name, type }: Question, zone: WireName): Message {
  if (name === IPV4_LOOPBACK || name === IPV6_LOOPBACK) {
    return type === TYPE_PTR
      ? message({ answer: [nameRecord(name, TYPE_PTR, TTL, LOCALHOST)] })
      : noData(soa(zone));
  }
  if (name !== zone) return noName(soa(zone));
  if (type === TYPE_SOA) return message({ answer: [soa(name)] });
  if (type === TYPE_NS) return message({ answer: [nameRecord(name, TYPE_NS, TTL, LOCALHOST)] });
  return name === LOCALHOST ? loopback({ type }, name) : noData(soa(name));
}

/** The addresses of this machine under that name. */
function loopback({ type }: Pick<Question, 'type'>, name: WireName): Message {
  if (type === TYPE_A) return message({ answer: [addressRecord(name, TTL, LOOPBACK_V4)] });
  if (type === TYPE_AAAA) return message({ answer: [addressRecord(name, TTL, LOOPBACK_V6)] });
  return noData(soa(name));
}

function soa(owner: WireName): ResourceRecord {
  return soaRecord(owner, TTL, LOCALHOST, MAILBOX);
}
