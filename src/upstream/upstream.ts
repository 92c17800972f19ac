// upstream — one server as a route sees it: both transports, whether it answers, how fast.

import type { Endpoint } from '../config.ts';
import { formatEndpoint } from '../config.ts';
import { type Counters, durationBounds, durationBucket } from '../counters.ts';
import type { EventLoop } from '../loop/event-loop.ts';
import { RD } from '../message/message.ts';
import type { UpstreamCounters, UpstreamStatus } from '../status.ts';
import { type Asked, Exchange, type Transport, type UpstreamQuestion } from './exchange.ts';
import { TcpPool } from './tcp-pool.ts';
import { UdpPool } from './udp-pool.ts';

/** How often a server that failed is probed, milliseconds (CoreDNS: health_check). */
const PROBE_INTERVAL = 500;

/** Weight of the newest round trip in the smoothed one. */
const NEWEST = 0.125;

/** `. NS`, asked for its answer's existence, not its content: any response means the server lives. */
const PROBE = {
  question: '\0\0\x02\0\x01',
  key: '\0',
  nameLength: 1,
  flags: RD,
  dnssecOk: false,
};

export class Upstream implements Asked {
  readonly endpoint: Endpoint;
  readonly name: string;
  readonly udp: UdpPool;
  readonly tcp: TcpPool;
  /** Which transport its route prefers; probes go the same way. */
  readonly transport: Transport;
  /** False from a question that was not answered until one is. */
  healthy = true;
  latency: number | undefined;
  requests = 0;
  failures = 0;
  probeFailures = 0;
  readonly #durations = new Map<number, Float64Array>();
  readonly #durationSums = new Map<number, number>();
  readonly #probing: UpstreamQuestion = {
    ...PROBE,
    responded: () => this.#probed(true),
    failed: () => this.#probed(false),
  };
  #probe: Exchange | undefined;
  #probedAt = Number.NEGATIVE_INFINITY;

  constructor(endpoint: Endpoint, transport: Transport, loop: EventLoop, events: Counters['events']) {
    this.endpoint = endpoint;
    this.name = formatEndpoint(endpoint);
    this.transport = transport;
    this.udp = new UdpPool(endpoint, loop, events);
    this.tcp = new TcpPool(endpoint, loop, events);
  }

  ask(exchange: Exchange, now: number): void {
    this.requests++;
    this[exchange.transport].ask(exchange, now);
  }

  answered(started: number, now: number, rcode: number): void {
    this.healthy = true;
    const took = now - started;
    this.latency = this.latency === undefined ? took : this.latency + (took - this.latency) * NEWEST;
    let buckets = this.#durations.get(rcode);
    if (buckets === undefined) {
      buckets = new Float64Array(durationBounds.length + 1);
      this.#durations.set(rcode, buckets);
    }
    const bucket = durationBucket(took);
    buckets[bucket] = buckets[bucket]! + 1;
    this.#durationSums.set(rcode, (this.#durationSums.get(rcode) ?? 0) + took / 1000);
  }

  missed(): void {
    this.failures++;
    this.healthy = false;
  }

  /** Probes while unhealthy; closes what is idle. Called a few times a second. */
  sweep(now: number): void {
    this.udp.sweep(now);
    this.tcp.sweep(now);
    if (this.healthy || now - this.#probedAt < PROBE_INTERVAL) return;
    if (this.#probe !== undefined) {
      this.probeFailures++;
      this.#probe.carrier?.suspect(this.#probe);
      this.#probe.cancel();
    }
    this.#probedAt = now;
    this.#probe = new Exchange(this.#probing, this, this.transport, true, now);
    this[this.transport].ask(this.#probe, now);
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
      durations: this.#durations,
      durationSums: this.#durationSums,
      healthcheckFailures: this.probeFailures,
      connectionsReused: pool.reused,
      connectionsOpened: pool.opened,
    };
  }

  // -------------------------------------------------------------------------------------------------------------------

  #probed(alive: boolean): void {
    this.#probe = undefined;
    if (alive) this.healthy = true;
    else this.probeFailures++;
  }
}
