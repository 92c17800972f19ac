// counters — plain numbers the hot path adds to; metrics.ts alone knows their Prometheus names.
//
// Every array is indexed by small integers known when a query is parsed, so counting is one addition.

export const protocols = ['udp', 'tcp'] as const;
export const families = ['1', '2'] as const; // CoreDNS: 1 = IPv4, 2 = IPv6

/** CoreDNS's values of the label `type`; what is not here is counted as `other`. */
export const countedTypes = [
  'A',
  'AAAA',
  'CNAME',
  'DNSKEY',
  'DS',
  'MX',
  'NSEC3',
  'NSEC',
  'NS',
  'PTR',
  'RRSIG',
  'SOA',
  'SRV',
  'TXT',
  'HTTPS',
  'SVCB',
  'IXFR',
  'AXFR',
  'ANY',
  'other',
] as const;

const typeNumbers: readonly number[] = [
  1, 28, 5, 48, 43, 15, 50, 47, 2, 12, 46, 6, 33, 16, 65, 64, 251, 252, 255,
];

const typeIndexByNumber = new Uint8Array(256).fill(countedTypes.length - 1);
for (const [index, number] of typeNumbers.entries()) typeIndexByNumber[number] = index;

/** Index into `countedTypes` of a QTYPE. */
export function typeIndex(qtype: number): number {
  return qtype < 256 ? typeIndexByNumber[qtype]! : countedTypes.length - 1;
}

/** RCODEs 0–15 are counted one by one; answers from the cache and upstreams have no other (extended ones are failures). */
export const rcodeNames = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
  'RCODE11',
  'RCODE12',
  'RCODE13',
  'RCODE14',
  'RCODE15',
] as const;

/** Upper bounds in seconds of CoreDNS's duration buckets: 0.25 ms doubled, 16 of them; one more holds the rest. */
export const durationBounds: readonly number[] = Array.from({ length: 16 }, (_, i) => 0.00025 * 2 ** i);

/** Queries that could not be parsed are counted in this zone (CoreDNS's word). */
export const droppedZone = 'dropped';
/** Headers without a question, by which instances ask themselves whether they answer: no client's, so they are told of nowhere. */
const probesZone = 'probes';

export const cacheKinds = ['success', 'denial'] as const;
/** What is given from the cache: a failure that is kept answers nothing, and is no hit. */
export const hitKinds = [...cacheKinds, 'failure'] as const;

/**
 * What led to an answer SERVFAIL, or another RCODE by which a server says that it cannot. no_answer: no server has said anything.
 * upstream_said: the last one said so. kept_failure: one of these a moment ago. limit: more waited than may. no_upstreams: there
 * is no server to ask.
 */
export const servfailReasons = [
  'no_answer',
  'upstream_said',
  'kept_failure',
  'limit',
  'no_upstreams',
] as const;
export type ServfailReason = (typeof servfailReasons)[number];

/** What became of queries that an `acl` has looked at. */
export const aclOutcomes = ['allowed', 'blocked', 'filtered', 'dropped'] as const;

/** Index of the duration bucket that holds `ms` milliseconds. */
export function durationBucket(ms: number): number {
  let index = 0;
  for (let bound = 0.25; index < durationBounds.length && ms > bound; bound *= 2) index++;
  return index;
}

/** Counts an answer that took `ms` milliseconds. */
export function observe(zone: ZoneCounters, ms: number): void {
  zone.durations[durationBucket(ms)]! += 1;
  zone.durationSum[0]! += ms / 1000;
}

/** Why an answer is not kept: a record has TTL 0; a signature has expired; it does not answer its question. */
export const notKeptReasons = ['ttl_0', 'signature_expired', 'broken_chain'] as const;
export type NotKeptReason = (typeof notKeptReasons)[number];

export function countServfail(zone: ZoneCounters, reason: ServfailReason, answers = 1): void {
  zone.servfails[servfailReasons.indexOf(reason)]! += answers;
}

export function countNotKept(zone: ZoneCounters, reason: NotKeptReason): void {
  zone.notKept[notKeptReasons.indexOf(reason)]! += 1;
}

/** Answers that came from the cache, but for failures. */
export function hitsOf({ cacheHits }: ZoneCounters): number {
  return cacheHits[0]! + cacheHits[1]!;
}

/** Events of one instance that have no zone. Order is free; metrics.ts names each one. */
export const eventNames = [
  'batches', // receive calls that returned datagrams; told of nowhere
  'datagrams',
  'readyAnswers', // answered from level one
  'droppedShort', // shorter than a header
  'droppedResponses', // QR=1 at our port
  'droppedLoops', // source is one of our own addresses and ports, or port 0
  'sendErrors', // replies the kernel would not take
  'duplicateQueries', // the same client waited with the same id
  'coalesced', // joined a question already asked upstream
  'unansweredClients', // waiter gone before its answer came
  'tcpAccepted',
  'tcpRefused', // above the connection limits, and none could make room
  'tcpMadeRoom', // idle for longest when another came
  'tcpIdleClosed',
  'tcpReadTimeouts', // half a query for too long
  'tcpOverflowClosed', // client sends but does not read
  'tcpInherited', // served by another process before
  'tcpRelinquished', // taken by the other process, which thought us stuck
  'unprotectedConnections', // no record left: they end with the process
  'unprotectedQueries', // no slot left, or too long for one: they end with the process
  'replayed', // received by another process, answered here
  'suspectsRefused', // another process may have crashed on them: answered SERVFAIL unseen
  'upstreamTruncated', // TC=1, asked again over TCP
  'healthcheckBroken', // every upstream of a route was marked down
  'maxConcurrentRejects',
  'localhostQueries', // names with localhost in them that a search list made, answered by `local`
  'reloads', // a Corefile was read again, and holds
  'reloadsFailed', // … or was refused
  'panics', // exceptions on the query path that were contained
] as const;
export type EventName = (typeof eventNames)[number];

/** What one zone (a route's suffix) counted. */
export interface ZoneCounters {
  /** With trailing dot: `cluster.local.`, `.`; or `dropped`. */
  readonly zone: string;
  /** [(protocol × families + family) × types + type]; see `requestIndex`. */
  readonly requests: Float64Array;
  /** By RCODE 0–15. */
  readonly responses: Float64Array;
  /** By bucket of `durationBounds`, not cumulative; the last holds what is above the highest bound. */
  readonly durations: Float64Array;
  /** Seconds, one element. */
  readonly durationSum: Float64Array;
  readonly doRequests: Float64Array;
  /** By `hitKinds`. */
  readonly cacheHits: Float64Array;
  /** By `cacheKinds`. */
  readonly cacheEvictions: Float64Array;
  readonly cacheMisses: Float64Array;
  readonly prefetches: Float64Array;
  readonly servedStale: Float64Array;
  /** By `aclOutcomes`. */
  readonly acl: Float64Array;
  /** By `servfailReasons`; those that were kept are among the hits. */
  readonly servfails: Float64Array;
  /** Answers of servers, by `notKeptReasons`. */
  readonly notKept: Float64Array;
}

/** Index into `ZoneCounters.requests`. */
export function requestIndex(protocol: number, family: number, type: number): number {
  return (protocol * families.length + family) * countedTypes.length + type;
}

/** More names than that are told apart by none: what lies ready beside an answer has room for so many. */
export const MOST_ZONES = 4096;

export class Counters {
  /** By the index of a zone; zones of one name, which differ by who asks, count together. */
  readonly zones: ZoneCounters[];
  readonly #byName = new Map<string, ZoneCounters>();
  readonly events: { -readonly [name in EventName]: number };
  /** Index of the zone for unparsable queries. */
  readonly dropped: number;
  /** Index of the zone for probes. */
  readonly probes: number;

  /** @param zones names that are there from the beginning, by their indices: behind two of our own */
  constructor(zones: readonly string[] = []) {
    this.zones = [];
    this.dropped = this.add(droppedZone);
    this.probes = this.add(probesZone);
    for (const zone of zones) this.add(zone);
    this.events = Object.fromEntries(eventNames.map((name) => [name, 0])) as Counters['events'];
  }

  /** Gives one more zone a place. @param zone with trailing dot  @returns its index */
  add(zone: string): number {
    return this.zones.push(this.#of(zone)) - 1;
  }

  /** Gives a place whose zone is no more to another one, which is counted from nothing. */
  replace(index: number, zone: string): void {
    const { zone: before } = this.zones[index]!;
    this.zones[index] = this.#of(zone);
    if (!this.zones.some((one) => one.zone === before)) this.#byName.delete(before);
  }

  #of(zone: string): ZoneCounters {
    const known = this.#byName.get(zone) ?? emptyCounters(zone);
    this.#byName.set(zone, known);
    return known;
  }

  /** Those of `clientZones` that are names: what could not be parsed is looked up nowhere. */
  get namedZones(): readonly ZoneCounters[] {
    return this.clientZones.filter(({ zone }) => zone !== droppedZone);
  }

  /** What clients asked, each name once. */
  get clientZones(): readonly ZoneCounters[] {
    return [...new Set(this.zones)].filter(({ zone }) => zone !== probesZone);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function emptyCounters(zone: string): ZoneCounters {
  return {
    zone,
    requests: new Float64Array(protocols.length * families.length * countedTypes.length),
    responses: new Float64Array(rcodeNames.length),
    durations: new Float64Array(durationBounds.length + 1),
    durationSum: new Float64Array(1),
    doRequests: new Float64Array(1),
    cacheHits: new Float64Array(hitKinds.length),
    cacheEvictions: new Float64Array(cacheKinds.length),
    cacheMisses: new Float64Array(1),
    prefetches: new Float64Array(1),
    servedStale: new Float64Array(1),
    acl: new Float64Array(aclOutcomes.length),
    servfails: new Float64Array(servfailReasons.length),
    notKept: new Float64Array(notKeptReasons.length),
  };
}
