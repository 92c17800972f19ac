// upstream — one server as a route sees it: both transports, whether it answers, how fast.
//
//   well ── a question waits in vain, nothing else is heard ──► doubted, probed at once ── silence ──► failed, probed on
//     ▲─────────────────────── any response ──────────────────────┴───────────────────────────────────────┘
//
// So a name that takes the server's own upstreams long does not make it fail for all other names.

import type { Endpoint } from '../config.ts';
import { formatEndpoint } from '../config.ts';
import { durationBounds, durationBucket } from '../counters.ts';
import type { UpstreamCounters, UpstreamStatus } from '../status.ts';
import { type Asked, Exchange, type Transport } from './exchange.ts';
import { probeQuestion } from './probe.ts';
import { ResponseTime } from './response-time.ts';
import { TcpPool } from './tcp-pool.ts';
import { UdpPool } from './udp-pool.ts';
import type { UpstreamContext } from './upstream-context.ts';

/** How often a server that failed is probed, milliseconds (CoreDNS: health_check). */
const PROBE_INTERVAL = 500;

/** Probes that wait for an answer, at most. */
const MOST_PROBES = 8;

/** Weight of the newest round trip in the smoothed one. */
const NEWEST = 0.125;

/**
 * Questions over UDP that may wait for a server while others are sent to it once more. Beyond, it does not answer, and
 * sending more would only take the processor from those that get answers.
 */
const MOST_WAITING = 2048;

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
  readonly udp: UdpPool;
  readonly tcp: TcpPool;
  readonly times = { udp: new ResponseTime(), tcp: new ResponseTime() };
  /** Which transport its route prefers; probes go the same way. */
  readonly transport: Transport;
  /** When it was last heard of again after it had failed. */
  recovered = Number.NEGATIVE_INFINITY;
  latency: number | undefined;
  requests = 0;
  failures = 0;
  probeFailures = 0;
  readonly #context: UpstreamContext;
  /** Of its answers, by response code. */
  readonly #durations = new Map<number, Durations>();
  readonly #probing = probeQuestion({
    answered: () => this.#probed(true),
    failed: (probe, reason) => {
      this.#probes = this.#probes.filter((other) => other !== probe);
      if (reason !== 'local') this.#probed(false);
    },
  });
  #state: (typeof states)[number] = 'well';
  #heard = Number.NEGATIVE_INFINITY;
  /** Not answered, oldest first: a server that takes longer than their interval is there all the same. */
  #probes: readonly Exchange[] = [];
  #probedAt = Number.NEGATIVE_INFINITY;

  /** @param ports it is asked from over UDP, at most; a power of two */
  constructor(endpoint: Endpoint, transport: Transport, context: UpstreamContext, ports?: number) {
    this.endpoint = endpoint;
    this.name = formatEndpoint(endpoint);
    this.transport = transport;
    this.#context = context;
    this.udp = new UdpPool(endpoint, context, ports);
    this.tcp = new TcpPool(endpoint, context, this.times.tcp, this);
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
    return this.times.udp.patience;
  }

  /** Whether a question may be sent to it once more. */
  get bearsMore(): boolean {
    return this.udp.waiting < MOST_WAITING;
  }

  ask(exchange: Exchange, now: number): void {
    this.requests++;
    this[exchange.transport].ask(exchange, now);
  }

  answered(exchange: Exchange, now: number, rcode: number): void {
    this.#heardAt(now);
    this.times[exchange.transport].took(now - exchange.sent);
    const took = now - exchange.started;
    this.latency = this.latency === undefined ? took : this.latency + (took - this.latency) * NEWEST;
    let durations = this.#durations.get(rcode);
    if (durations === undefined) {
      durations = new Durations();
      this.#durations.set(rcode, durations);
    }
    durations.add(took);
  }

  missed(exchange: Exchange): void {
    this.failures++;
    if (this.#state !== 'well' || this.#heard >= exchange.sent) return;
    this.#state = 'doubted';
    this.#sendProbe(this.#context.now());
  }

  unreachable(): void {
    this.failures++;
    this.#state = 'failed';
  }

  /** Probes while it is not well; closes what is idle. Called a few times a second. */
  sweep(now: number): void {
    this.udp.sweep(now);
    this.tcp.sweep(now);
    const interval = Math.max(PROBE_INTERVAL, this.times[this.transport].patience);
    if (this.#state === 'well' || now - this.#probedAt < interval) return;
    if (this.#probes.length > 0) this.#probed(false);
    if (this.#probes.length === MOST_PROBES) {
      this.#probes[0]!.cancel();
      this.#probes = this.#probes.slice(1);
    }
    this.#sendProbe(now);
  }

  /** Closes what waits for no answer: nothing new is asked here. Whether nothing is left. */
  leave(now: number): boolean {
    this.#cancelProbes();
    this.udp.sweep(now, true);
    this.tcp.sweep(now, true);
    return this.udp.size + this.tcp.size === 0;
  }

  close(): void {
    this.udp.close();
    this.tcp.close();
  }

  status(): UpstreamStatus {
    return {
      endpoint: this.name,
      transport: this.transport,
      healthy: this.healthy,
      latencyMs: this.latency === undefined ? null : Math.round(this.latency * 100) / 100,
      requests: this.requests,
      failures: this.failures,
    };
  }

  counters(): UpstreamCounters {
    const pool = this[this.transport];
    return {
      endpoint: this.name,
      transport: this.transport,
      durations: new Map([...this.#durations].map(([rcode, { buckets }]) => [rcode, buckets])),
      durationSums: new Map([...this.#durations].map(([rcode, { seconds }]) => [rcode, seconds])),
      healthcheckFailures: this.probeFailures,
      connectionsReused: pool.reused,
      connectionsOpened: pool.opened,
    };
  }

  // -------------------------------------------------------------------------------------------------------------------

  #heardAt(now: number): void {
    if (this.#state === 'failed') this.recovered = now;
    this.#state = 'well';
    this.#heard = now;
    if (this.#probes.length > 0) this.#cancelProbes();
  }

  #sendProbe(now: number): void {
    this.#probedAt = now;
    const probe = new Exchange(this.#probing, this, this.transport, true, now);
    this.#probes = [...this.#probes, probe];
    this[this.transport].ask(probe, now);
  }

  #cancelProbes(): void {
    for (const probe of this.#probes) probe.cancel();
    this.#probes = [];
  }

  #probed(alive: boolean): void {
    if (alive) return this.#heardAt(this.#context.now());
    this.probeFailures++;
    this.#state = 'failed';
  }
}
