// status — the shape of what an instance tells about itself at /status; everything here is plain JSON.

import type { Slot } from './config.ts';

export interface UpstreamStatus {
  /** `192.0.2.1:53` */
  readonly endpoint: string;
  readonly transport: 'udp' | 'tcp';
  readonly healthy: boolean;
  /** Smoothed round trip; null until one was measured. */
  readonly latencyMs: number | null;
  readonly requests: number;
  readonly failures: number;
}

export interface RouteStatus {
  /** Suffix with trailing dot. */
  readonly zone: string;
  readonly upstreams: readonly UpstreamStatus[];
}

export interface ResolverStatus {
  readonly slot: Slot;
  readonly pid: number;
  readonly version: string;
  readonly uptimeSeconds: number;
  /** `127.0.0.1:53/udp`, with the receive buffer the kernel granted in bytes (0 for TCP). */
  readonly listen: readonly { readonly address: string; readonly receiveBuffer: number }[];
  readonly queries: number;
  readonly answers: number;
  readonly hits: number;
  /** Questions being asked upstream right now. */
  readonly inFlight: number;
  readonly tcpConnections: number;
  readonly cache: {
    readonly bytes: number;
    readonly maxBytes: number;
    readonly entries: { readonly success: number; readonly denial: number };
  };
  readonly routes: readonly RouteStatus[];
}

/** Per upstream and transport, for metrics: same buckets as the query durations. */
export interface UpstreamCounters {
  readonly endpoint: string;
  readonly transport: 'udp' | 'tcp';
  /** By RCODE: buckets of `durationBounds` plus one. */
  readonly durations: ReadonlyMap<number, Float64Array>;
  readonly durationSums: ReadonlyMap<number, number>;
  readonly healthcheckFailures: number;
  readonly connectionsReused: number;
  readonly connectionsOpened: number;
}
