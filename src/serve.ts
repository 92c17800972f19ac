// serve — the path of one query, top to bottom; each step is a line here and a file of its own.
//
//   datagrams ─ receive batch ─► ready answer? ──────────────────────────yes──► reply by reference ─┐
//                                   │ no                                                            ├─► send batch
//   TCP frames ─────────────────► accept ─► question ─► EDNS ─► entry? ───yes──► compose reply ─────┤
//                                   │           │         │       │ no                              │
//                                   └───────────┴── refuse ┘      └─► join flight ─► ask ─► verdict ─► store
//
// Ready answers and entries are the two levels of the cache. A hit allocates nothing that outlives its batch.

import { describe } from 'node-reuseport';
import type { Cache } from './cache/cache.ts';
import type { Entry } from './cache/entry.ts';
import { renewedFrom } from './cache/prefetch.ts';
import { failureEntry } from './cache/verdict.ts';
import { type Counters, countServfail, MOST_ZONES, requestIndex, typeIndex } from './counters.ts';
import { type QueryLines, tellQuery } from './log/query-log.ts';
import { acceptHeader, DROP_RESPONSE, DROP_SHORT } from './message/accept.ts';
import { readEdns } from './message/edns.ts';
import {
  FORMERR,
  HEADER_LENGTH,
  NOERROR,
  NOTIMP,
  RCODE_MASK,
  type Rcode,
  REFUSED,
  SERVFAIL,
} from './message/message.ts';
import { Query } from './message/query.ts';
import { deriveKey, foldedName, questionText, readQuestion } from './message/question.ts';
import { Tap } from './top/tap.ts';
import { type Flights, triedAt } from './upstream/flights.ts';
import { type LoopProbes, TYPE_HINFO } from './upstream/loop-probes.ts';
import type { Waiter } from './upstream/waiter.ts';
import type { Audience, Audiences } from './zone/audience.ts';
import { CLASS_CHAOS } from './zone/chaos.ts';
import { entryOf } from './zone/entry-of.ts';
import type { Verdict as GuardVerdict } from './zone/guard.ts';
import type { Message } from './zone/message.ts';
import { type Peer, questionOf } from './zone/question.ts';
import type { Zone } from './zone/zone.ts';

/** Milliseconds for which a failure lies ready: when a server comes back, nothing looks there. */
const FAILURE_READY = 1000;

/** Where a query came from: what its path needs of either transport. */
export interface Client {
  /** Indices into `protocols` and `families` of the counters. */
  readonly protocol: number;
  readonly family: number;
  /** Which share of what clients may hold is that of the client being served. */
  readonly share: number;
  /** Whose answers it gets; another one when the plan has changed. */
  readonly audience: Audience;
  /** The plan has changed: its audience is looked up again. */
  moveAudience(): void;
  /** Who is being served. */
  peer(): Peer;
  /** The same for copies of a query: its client and its id. */
  sender(query: Query): string;
  /**
   * Answers with an entry. The same bytes may be answered from level one until `readyUntil` (monotonic
   * milliseconds); `counted` is what such an answer is counted as.
   */
  answer(query: Query, entry: Entry, now: number, readyUntil: number, counted: number): void;
  /** Answers without records; `zone` is where the response is counted. */
  refuse(query: Query, rcode: Rcode, zone: number): void;
  /** Keeps the query until there is an answer. */
  park(query: Query, now: number): Waiter;
}

/** A client whose queries come and go in batches, so that replies can be sent from where they lie. */
export interface DatagramClient extends Client {
  /** Answers with a reply that lies ready; `zone` is where it is counted. */
  answerReady(offset: number, length: number, zone: number): void;
}

/** Where replies are composed. */
interface Outbox {
  readonly outbox: Buffer;
  readonly lastOffset: number;
  readonly lastLength: number;
}

export class Service {
  readonly #query = new Query();
  readonly #queryLines: QueryLines;
  readonly #cache: Cache;
  #audiences: Audiences;
  /** When they came, monotonic milliseconds: what was kept before may be for another zone by now. */
  #since = Number.NEGATIVE_INFINITY;
  readonly #flights: Flights;
  readonly #loops: Pick<LoopProbes, 'came'>;
  readonly #counters: Counters;
  readonly #tap: Tap;
  /** The zones in which refusals of what could not be parsed, and answers to probes, are counted. */
  readonly #dropped: number;
  readonly #probes: number;

  constructor(
    cache: Cache,
    audiences: Audiences,
    flights: Flights,
    loops: Pick<LoopProbes, 'came'>,
    counters: Counters,
    queryLines: QueryLines,
    tap = new Tap(),
  ) {
    this.#tap = tap;
    this.#loops = loops;
    this.#queryLines = queryLines;
    this.#cache = cache;
    this.#audiences = audiences;
    this.#flights = flights;
    this.#counters = counters;
    this.#dropped = counters.dropped;
    this.#probes = counters.probes;
  }

  /** Whose answers clients of a listener get. */
  audienceAt(address: string, port: number): Audience {
    return this.#audiences.at(address, port);
  }

  /** The same of a connection. Where there is one audience the kernel is not asked which address it came to. */
  audienceOfConnection(fd: number): Audience {
    const { all } = this.#audiences;
    if (all.length === 1) return all[0]!;
    const { address, port } = describe(fd);
    return this.audienceAt(address, port);
  }

  /** That of an entry; undefined for what is counted in none, such as a query that could not be read. */
  zoneAt(index: number): Zone | undefined {
    return this.#audiences.zones[index];
  }

  /**
   * Has a query told in the log, where its zone has one.
   * @param replies where its reply was composed, as the last one; undefined: the client gets none
   * @param took milliseconds
   */
  tell(
    zone: number,
    query: Query,
    replies: Outbox | undefined,
    client: Pick<Client, 'peer'>,
    now: number,
    took: number,
  ): void {
    const log = this.zoneAt(zone)?.queryLog;
    if (log === undefined) return;
    const reply = replies && {
      ...{ bytes: replies.outbox, start: replies.lastOffset, length: replies.lastLength },
      nameLength: query.nameLength,
    };
    tellQuery(log, this.#queryLines, query, reply, () => client.peer(), now, took);
  }

  /** Answers by another plan from now on; what is cached stays where it fits. */
  setAudiences(audiences: Audiences, now: number): void {
    for (const audience of this.#audiences.all) audience.isOver = true;
    this.#audiences = audiences;
    this.#since = now;
    this.#cache.forgetReady();
  }

  /**
   * Answers the datagram at word `at` of `words` (zero bytes behind it) if the reply to exactly its bytes lies ready; false
   * when its question has to be read.
   */
  answerReady(
    client: DatagramClient,
    words: Int32Array,
    at: number,
    length: number,
    hash: number,
    second: number,
  ): boolean {
    if (client.audience.index !== 0) return false; // they lie ready for the first one alone
    const ready = this.#cache.findReady(words, at, length, hash, second);
    if (ready === undefined) return false;
    client.answerReady(ready.offset, ready.length, zoneOf(ready.counted));
    this.#countReady(ready.counted);
    return true;
  }

  /** Answers the message in `bytes` through `client`, now or when an upstream has answered. */
  answer(client: Client, bytes: Uint8Array, start: number, length: number, now: number): void {
    const query = this.#query;
    query.reset(bytes, start, length);
    const header = acceptHeader(query);
    if (header === DROP_SHORT) return this.#drop('droppedShort');
    if (header === DROP_RESPONSE) return this.#drop('droppedResponses');
    // Refused queries are read, too: the reply repeats the question, and has an OPT record if there was one.
    const question = header === FORMERR ? FORMERR : readQuestion(query);
    const edns = query.nameLength > 0 ? readEdns(query) : NOERROR;
    // First what cannot be parsed, then an EDNS version we do not speak, then a question that is not for us.
    const refusal = header || (question === FORMERR ? FORMERR : edns || question);
    const isChaos = refusal === REFUSED && query.class === CLASS_CHAOS;
    if (refusal !== NOERROR && !isChaos) {
      const isProbe = refusal === NOTIMP && length === HEADER_LENGTH;
      return this.#refuse(client, refusal, isProbe ? this.#probes : this.#dropped);
    }

    if (client.audience.isOver) client.moveAudience();
    const { audience } = client;
    deriveKey(query, audience.index);
    const { watcher } = this.#tap;
    if (watcher !== undefined && client.protocol === 1)
      watcher.asked(client.peer().address, foldedName(query));
    const seen = audience.isPlain ? undefined : this.#see(client, audience);
    const mayTell = seen !== undefined && (!isChaos || seen.answersChaos);
    if (mayTell && this.#isGuarded(client, seen, now)) return;
    if (isChaos) return this.#refuse(client, REFUSED, this.#dropped);
    const entry = this.#find(audience, seen, now);
    if (entry !== undefined && this.#isGood(entry, now)) return this.#hit(client, entry, now);

    const zone = seen ?? audience.find(query.key, query.nameLength);
    if (zone === undefined || zone.isEmpty)
      return this.#refuse(client, REFUSED, zone?.index ?? this.#dropped);
    if (this.#cameBack(client)) return this.#refuse(client, SERVFAIL, zone.index);
    const stale = entry?.kind === 'failure' ? undefined : entry;
    if (stale !== undefined && zone.stale.after === 0) {
      this.#hit(client, stale, now);
      return this.#flights.refresh(query, zone, stale, client);
    }
    const admission = this.#flights.admit(query, zone, client, now);
    if (admission === 'refused' && stale !== undefined) return this.#hit(client, stale, now);
    this.#counters.zones[zone.index]!.cacheMisses[0]! += 1;
    if (admission === 'refused') {
      countServfail(this.#counters.zones[zone.index]!, 'limit');
      return this.#refuse(client, SERVFAIL, zone.index);
    }
    this.#countRequest(client, zone.index);
    watcher?.missed(client.peer().address, foldedName(query));
    if (admission === 'copy') return;
    this.#flights.join(query, zone, client.park(query, now), stale, client);
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Whether the query was sent out here. */
  #cameBack(client: Client): boolean {
    const { type, key, nameLength } = this.#query;
    return type === TYPE_HINFO && this.#loops.came(key.slice(0, nameLength), () => client.peer());
  }

  /** The zone that is there for this client; where that depends on more than the name the key says so, too. */
  #see(client: Client, audience: Audience): Zone | undefined {
    const query = this.#query;
    const question = audience.hasViews ? questionOf(query, client.peer()) : undefined;
    const zone = audience.find(query.key, query.nameLength, question);
    if (zone?.keyPart !== undefined) deriveKey(query, zone.keyPart);
    return zone;
  }

  /** Whether a guard of the zone has answered the query, or none is to. */
  #isGuarded(client: Client, zone: Zone, now: number): boolean {
    const query = this.#query;
    if (zone.block.guards.length === 0) return false;
    const question = questionOf(query, client.peer());
    for (const guard of zone.block.guards) {
      const verdict = guard.judge(question);
      if (guard.name === 'acl') this.#counters.zones[zone.index]!.acl[aclOutcome(verdict)]! += 1;
      if (verdict === 'pass') continue;
      if (verdict === 'drop') {
        this.#countRequest(client, zone.index);
        this.tell(zone.index, query, undefined, client, now, 0);
      } else this.#tell(client, zone, verdict, now);
      return true;
    }
    return false;
  }

  /** Answers with what is made here, and not kept. */
  #tell(client: Client, zone: Zone, message: Message, now: number): void {
    const query = this.#query;
    const verdict = entryOf(query, message, zone, now);
    const entry =
      verdict.outcome === 'answer'
        ? verdict.entry
        : failureEntry(questionText(query), zone.index, verdict, now, 0); // with its reason
    const request = this.#countRequest(client, zone.index);
    client.answer(query, entry, now, 0, counted(zone.index, request, entry.rcode, 0));
  }

  /** What is kept, by a block that still holds. */
  #find(audience: Audience, seen: Zone | undefined, now: number): Entry | undefined {
    const { key, nameLength } = this.#query;
    const entry = this.#cache.find(key, now);
    if (entry === undefined) return undefined;
    const zone = this.#audiences.zones[entry.zone];
    const holds = zone !== undefined && entry.stored >= zone.since && now < entry.expires + zone.stale.window;
    return holds && (entry.stored >= this.#since || (seen ?? audience.find(key, nameLength)) === zone)
      ? entry
      : undefined;
  }

  /** Whether it is given without asking: it is fresh, or asking failed a moment ago, and no server has come back since. */
  #isGood(entry: Entry, now: number): boolean {
    if (now >= entry.expires && now >= entry.retryAfter) return false;
    if (now < entry.expires && entry.kind !== 'failure') return true;
    return triedAt(entry) > this.#audiences.zones[entry.zone]!.recovered;
  }

  #hit(client: Client, entry: Entry, now: number): void {
    const zone = this.#audiences.zones[entry.zone]!;
    const counters = this.#counters.zones[entry.zone]!;
    const request = this.#countRequest(client, entry.zone);
    const kind = entry.kind === 'success' ? 0 : entry.kind === 'denial' ? 1 : 2; // of `hitKinds`
    counters.cacheHits[kind]! += 1;
    if (entry.kind === 'failure') this.#tap.watcher?.failed(client.peer().address, foldedName(this.#query));
    if (now >= entry.expires) counters.servedStale[0]! += 1;
    const prefetch = zone.cache?.prefetch;
    const renewed = renewedFrom(entry, prefetch);
    entry.hits += 1 + this.#cache.takeReadyUses();
    const readyUntil = this.#readyUntil(zone, client.audience, entry, renewed, now);
    client.answer(this.#query, entry, now, readyUntil, counted(entry.zone, request, entry.rcode, kind));
    if (
      prefetch !== undefined &&
      now >= renewed &&
      entry.hits >= prefetch.amount &&
      now >= entry.retryAfter &&
      entry.kind !== 'failure'
    ) {
      this.#flights.refresh(this.#query, zone, entry, client);
    }
  }

  #readyUntil(zone: Zone, audience: Audience, entry: Entry, renewed: number, now: number): number {
    if (!zone.isPlain || audience.hasViews || audience.index !== 0) return 0;
    if (zone.rules?.keepsTtl) return 0; // what lies ready ages
    if (entry.kind === 'failure' && this.#tap.watcher !== undefined) return 0; // each is to be seen
    return entry.kind === 'failure' ? Math.min(renewed, now + FAILURE_READY) : renewed;
  }

  #countReady(use: number): void {
    const zone = this.#counters.zones[zoneOf(use)]!;
    zone.requests[(use >>> REQUEST) & 0x7f]! += 1;
    zone.responses[(use >>> RCODE) & RCODE_MASK]! += 1;
    zone.cacheHits[(use >>> KIND) & 3]! += 1;
    this.#counters.events.readyAnswers++;
  }

  #countRequest(client: Client, zoneIndex: number): number {
    const zone = this.#counters.zones[zoneIndex]!;
    const index = requestIndex(client.protocol, client.family, typeIndex(this.#query.type));
    zone.requests[index]! += 1;
    if (this.#query.dnssecOk) zone.doRequests[0]! += 1;
    return index;
  }

  #refuse(client: Client, rcode: Rcode, zone: number): void {
    this.#countRequest(client, zone);
    client.refuse(this.#query, rcode, zone);
  }

  #drop(event: 'droppedShort' | 'droppedResponses'): void {
    this.#counters.events[event]++;
  }
}

/** Where in that number they are: the zone takes the bits below, and 25 are all it may have. */
const REQUEST = 12;
const RCODE = 19;
const KIND = 23;

/** What an answer from level one is counted as, in one number: it lies beside the reply. */
function counted(zone: number, request: number, rcode: number, kind: number): number {
  return zone | (request << REQUEST) | (rcode << RCODE) | (kind << KIND);
}

/** Index into `aclOutcomes`. */
function aclOutcome(verdict: GuardVerdict): number {
  if (typeof verdict === 'string') return verdict === 'pass' ? 0 : 3;
  return verdict.rcode === REFUSED ? 1 : 2;
}

function zoneOf(use: number): number {
  return use & (MOST_ZONES - 1);
}
