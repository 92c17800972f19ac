// upstream — one server as a route sees it: both transports, whether it answers, how fast.
//
//   well ── a question waits in vain, nothing else is heard ──► doubted, probed at once ── silence ──► failed, probed on
//     ▲─────────────────────── any response ──────────────────────┴───────────────────────────────────────┘
//
// So a name that takes the server's own upstreams long does not make it fail for all other names. A server that is asked nothing
// is probed now and then: what its record says of it is true also of one that is not needed now.

import type { Endpoint } from '../config.ts';
import { formatEndpoint } from '../config.ts';
import { durationBounds, durationBucket } from '../counters.ts';
import type { Pace } from '../loop/sweeper.ts';
import type { ForwardPlan } from '../plan/forward-plan.ts';
import type { FailureReason, UpstreamCounters, UpstreamState } from '../status.ts';
import {
  type Asked,
  Exchange,
  type ExchangeFailure,
  type GivenUp,
  type Transport,
  type UpstreamQuestion,
} from './exchange.ts';
import { probeQuestion } from './probe.ts';
import { ResponseTime } from './response-time.ts';
import type { ServerRecord } from './server-record.ts';
import { IDLE } from './servers.ts';
import { type Connecting, TcpPool } from './tcp-pool.ts';
import { TcpStream } from './tcp-stream.ts';
import { type TlsServer, TlsStream } from './tls-stream.ts';
import type { TlsTrust } from './tls-trust.ts';
import { UdpPool } from './udp-pool.ts';
import type { UpstreamContext } from './upstream-context.ts';

/** Probes that wait for an answer, at most. */
const MOST_PROBES = 8;

/**
 * Questions over UDP that may wait for a server while others are sent to it once more. Beyond, it does not answer, and
 * sending more would only take the processor from those that get answers.
 */
const MOST_WAITING = 2048;

/** Milliseconds in which a connection that is under way is no sign of trouble: the kernel repeats its SYN after 1 s … */
const CONNECT = 250;
/** … and with TLS a server has three round trips and more to think of. */
const CONNECT_TLS = 1000;
/** After a handshake that failed no other is begun, milliseconds: it is dear, and would fail again. */
const PAUSE_TLS = 250;
/** Why a server is not asked is said once in this time, milliseconds, unless it changes; its certificates are read again then. */
const TOLD_AGAIN = 60_000;

/** What a forward says of its servers. */
export interface Manner extends Pick<ForwardPlan, 'maxFails' | 'health' | 'expire' | 'maxAge'> {
  /** Undefined for one that is asked over UDP or TCP. */
  readonly tls: { readonly trust: TlsTrust; readonly serverName: string | undefined } | undefined;
}

/** CoreDNS's, but that a probe in vain is enough: it was sent because a question was. */
const usual: Manner = {
  maxFails: 1,
  health: { interval: 500, recursionDesired: true, domain: '' },
  expire: 10_000,
  maxAge: 0,
  tls: undefined,
};

/** What was sent so few milliseconds ago may come to nothing. */
const JUST_NOW = 1000;

/** Whether a server that fares so need not be looked at often. */
const isCalm: Readonly<Record<UpstreamState, boolean>> = {
  ...{ unasked: true, up: true },
  ...{ slow: false, failing: false, down: false },
};

/** In the order in which servers are asked. */
const states = ['well', 'doubted', 'failed'] as const;

/** How long answers took: how many in each bucket, and all together. */
class Durations {
  readonly buckets = new Float64Array(durationBounds.length + 1);
  seconds = 0;

  add(ms: number): void {
    this.buckets[durationBucket(ms)]! += 1;
    this.seconds += ms / 1000;
  }
}

export class Upstream implements Asked {
  readonly endpoint: Endpoint;
  readonly name: string;
  readonly #udp: UdpPool;
  /** TCP or TLS. */
  readonly #stream: TcpPool;
  readonly #times = { udp: new ResponseTime(), stream: new ResponseTime() };
  /** Which transport its forward prefers; probes go the same way. */
  readonly transport: Transport;
  /** When it was last heard of again after it had failed. */
  recovered = Number.NEGATIVE_INFINITY;
  probeFailures = 0;
  /** Of the transport its forward prefers: its state, told of everywhere. */
  readonly record: ServerRecord;
  /** Of TCP or TLS: the same one, unless it is asked over UDP. */
  readonly streamRecord: ServerRecord;
  readonly #context: UpstreamContext;
  readonly #manner: Manner;
  /** Of its answers, by response code. */
  readonly #durations = new Map<number, Durations>();
  readonly #probing: UpstreamQuestion;
  #state: (typeof states)[number] = 'well';
  #heard = Number.NEGATIVE_INFINITY;
  /** Not answered, oldest first: a server that takes longer than their interval is there all the same. */
  #probes: readonly Exchange[] = [];
  #probedAt = Number.NEGATIVE_INFINITY;
  /** It was idle, and is probed until it is heard of. */
  #isTried = false;
  /** Probes in a row without an answer. */
  #unanswered = 0;

  /** @param ports it is asked from over UDP, at most; a power of two */
  constructor(
    endpoint: Endpoint,
    transport: Transport,
    context: UpstreamContext,
    manner: Manner = usual,
    ports?: number,
  ) {
    this.endpoint = endpoint;
    this.name = formatEndpoint(endpoint);
    this.transport = transport;
    this.#context = context;
    this.#manner = manner;
    this.record = context.servers.of(this.name, transport);
    this.streamRecord = transport === 'udp' ? context.servers.of(this.name, 'tcp') : this.record;
    this.#probing = probeQuestion(
      {
        answered: (probe) => this.#probed(true, undefined, probe),
        failed: (probe, reason) => {
          this.#probes = this.#probes.filter((other) => other !== probe);
          this.#probed(false, reason);
        },
      },
      manner.health,
    );
    this.#udp = new UdpPool(endpoint, context, this.record, ports);
    const connecting = connectingTo(this, manner, context);
    this.#stream = new TcpPool(connecting, context, this.streamRecord, this.#times.stream, this);
  }

  /** False once neither questions nor probes are answered, until one is. */
  get healthy(): boolean {
    return this.#state !== 'failed';
  }

  /** Servers of a lower rank are asked first. */
  get rank(): number {
    return states.indexOf(this.#state);
  }

  get patience(): number {
    return this.#times.udp.patience;
  }

  /** Whether a question may be sent to it once more. */
  get bearsMore(): boolean {
    return this.#udp.waiting < MOST_WAITING;
  }

  ask(exchange: Exchange, now: number): void {
    this.#recordOf(exchange).sent(now);
    this.#context.sweepLater();
    this.#poolOf(exchange.transport).ask(exchange, now);
  }

  answered(exchange: Exchange, now: number, rcode: number, reason: FailureReason | undefined): void {
    this.#heardAt(now);
    this.#timeOf(exchange.transport).took(now - exchange.sent);
    const took = now - exchange.started;
    const record = this.#recordOf(exchange);
    record.answered(now, took);
    if (reason === undefined) record.served(now);
    else record.failed(now, reason, exchange.started);
    this.#count(rcode, took);
  }

  late(exchange: GivenUp, now: number, rcode: number): void {
    const took = now - exchange.started;
    this.#recordOf(exchange).answered(now, took, exchange.hasFailed);
    this.#count(rcode, took);
  }

  failed(exchange: Exchange, reason: FailureReason | 'local'): void {
    const record = this.#recordOf(exchange);
    if (reason === 'local') record.withheld();
    else record.failed(this.#context.now(), reason, exchange.started);
  }

  missed(exchange: Exchange): void {
    if (this.#state !== 'well' || this.#heard >= exchange.sent || this.#manner.maxFails === 0) return;
    this.#state = 'doubted';
    this.#sendProbe(this.#context.now());
  }

  unreachable(): void {
    if (this.#manner.maxFails > 0) this.#state = 'failed';
  }

  /** Probes while it is not well, or idle; closes what is not used. Returns how soon it is to be looked at again. */
  sweep(now: number): Pace {
    this.#udp.sweep(now);
    this.#stream.sweep(now);
    this.record.look(now);
    this.#probeIfDue(now);
    const isWell = this.#state === 'well' && this.#probes.length === 0 && isCalm[this.record.state];
    if (!isWell || now - this.record.lastSent < JUST_NOW) return 'soon';
    return this.#size > 0 || this.record.state === 'unasked' ? 'later' : 'seldom';
  }

  /** Closes what waits for no answer: nothing new is asked here. Whether nothing is left. */
  leave(now: number): boolean {
    this.#cancelProbes();
    this.#udp.sweep(now, true);
    this.#stream.sweep(now, true);
    return this.#size === 0;
  }

  close(): void {
    this.#udp.close();
    this.#stream.close();
  }

  /** Of the transport that its forward prefers, with all that is not told apart; and where it has the choice, of the other one. */
  counters(): readonly UpstreamCounters[] {
    const first: UpstreamCounters = {
      endpoint: this.name,
      transport: this.transport,
      durations: new Map([...this.#durations].map(([rcode, { buckets }]) => [rcode, buckets])),
      durationSums: new Map([...this.#durations].map(([rcode, { seconds }]) => [rcode, seconds])),
      healthcheckFailures: this.probeFailures,
      connectionsReused: this.#poolOf(this.transport).reused,
      connectionsOpened: this.#poolOf(this.transport).opened,
    };
    if (this.transport !== 'udp') return [first];
    const { reused, opened } = this.#stream;
    const none = { durations: new Map(), durationSums: new Map(), healthcheckFailures: 0 };
    return [
      first,
      { ...first, ...none, transport: 'tcp', connectionsReused: reused, connectionsOpened: opened },
    ];
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Of its sockets and connections. */
  get #size(): number {
    return this.#udp.size + this.#stream.size;
  }

  #probeIfDue(now: number): void {
    const interval = Math.max(this.#manner.health.interval, this.#timeOf(this.transport).patience);
    if (now - this.#probedAt < interval || (this.#state === 'well' && !this.#isToBeTried(now))) return;
    if (this.#probes.length > 0) this.#probed(false);
    if (this.#probes.length === MOST_PROBES) {
      this.#probes[0]!.cancel();
      this.#probes = this.#probes.slice(1);
    }
    this.#sendProbe(now);
  }

  #poolOf(transport: Transport): UdpPool | TcpPool {
    return transport === 'udp' ? this.#udp : this.#stream;
  }

  #recordOf({ transport }: Pick<Exchange, 'transport'>): ServerRecord {
    return transport === this.transport ? this.record : this.streamRecord;
  }

  /** Also what is late has its time, and a code. */
  #count(rcode: number, took: number): void {
    let durations = this.#durations.get(rcode);
    if (durations === undefined) {
      durations = new Durations();
      this.#durations.set(rcode, durations);
    }
    durations.add(took);
  }

  /** Nothing was sent to it for a while, or nothing has come of that; one that is not to be probed is left alone. */
  #isToBeTried(now: number): boolean {
    if (this.#manner.maxFails === 0) return false;
    this.#isTried ||= now - this.record.lastSent >= IDLE;
    return this.#isTried || this.record.state === 'down';
  }

  #timeOf(transport: Transport): ResponseTime {
    return transport === 'udp' ? this.#times.udp : this.#times.stream;
  }

  #heardAt(now: number): void {
    if (this.#state === 'failed') this.recovered = now;
    this.#state = 'well';
    this.#heard = now;
    this.#isTried = false;
    this.#unanswered = 0;
    if (this.#probes.length > 0) this.#cancelProbes();
  }

  #sendProbe(now: number): void {
    this.#probedAt = now;
    const probe = new Exchange(this.#probing, this, this.transport, true, now);
    this.#probes = [...this.#probes, probe];
    this.record.sent(now);
    this.#poolOf(this.transport).ask(probe, now);
  }

  #cancelProbes(): void {
    for (const probe of this.#probes) probe.cancel();
    this.#probes = [];
  }

  /** @param reason why there is no answer */
  #probed(alive: boolean, reason: ExchangeFailure | 'timeout' = 'timeout', probe?: Exchange): void {
    const now = this.#context.now();
    if (alive) {
      this.record.answered(now, now - (probe?.started ?? now));
      return this.#heardAt(now);
    }
    if (reason === 'local') return this.record.withheld();
    this.probeFailures++;
    this.record.failed(now, reason === 'strange' ? 'mismatch' : reason);
    // One that was only idle is not out of favour for a datagram that was lost.
    const isOut =
      this.#state === 'well' ? this.record.state === 'down' : ++this.#unanswered >= this.#manner.maxFails;
    if (isOut) this.#state = 'failed';
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function connectingTo(
  { endpoint, name }: Upstream,
  { expire, maxAge, tls }: Manner,
  { loop, deadlines, log, now }: UpstreamContext,
): Connecting {
  if (tls === undefined) {
    return {
      ...{ transport: 'tcp', patience: CONNECT, pause: 0, expire, maxAge },
      open: (user) => new TcpStream(endpoint, loop, user),
    };
  }
  const { trust, serverName } = tls;
  let told = '';
  let toldAt = Number.NEGATIVE_INFINITY;
  const server: TlsServer = {
    ...{ endpoint, serverName, trust, ticket: undefined },
    insecure(why) {
      if (why === told && now() - toldAt < TOLD_AGAIN) return;
      told = why;
      toldAt = now();
      trust.readAgain();
      log.warn('a server is not asked: there is no safe connection to it', { server: name, why });
    },
  };
  return {
    ...{ transport: 'tls', patience: CONNECT_TLS, pause: PAUSE_TLS, expire, maxAge },
    open: (user) => new TlsStream(server, loop, deadlines, user),
  };
}
