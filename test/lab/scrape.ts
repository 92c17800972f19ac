// scrape — the metrics of an instance that has seen nothing yet: every name and help is in them.

import { Liveness } from '../../src/admin/liveness.ts';
import { createMetrics } from '../../src/admin/metrics.ts';
import type { Source } from '../../src/admin/source.ts';
import { Counters } from '../../src/counters.ts';
import { noParts, noStalls } from './nothing.ts';

/** As a scrape gives it. @param more what the instance has beside nothing */
export function emptyScrape(more: Partial<Source> = {}): Promise<string> {
  const source = {
    counters: new Counters(['cluster.local.', '.']),
    status: () => ({
      slot: 'primary' as const,
      pid: 1,
      version: '0',
      uptimeSeconds: 1,
      listen: [{ address: '127.0.0.1:53/udp', receiveBuffer: 1 }],
      queries: 0,
      answers: 0,
      hits: 0,
      inFlight: 0,
      tcpConnections: 0,
      budget: [],
      cache: { bytes: 0, maxBytes: 0, parts: noParts, entries: { success: 0, denial: 0 } },
      routes: [],
    }),
    upstreamCounters: () => [],
    stalls: noStalls,
    servers: () => [],
    sockets: [],
    listeners: () => [],
    custody: () => ({ enabled: false as const }),
    ports: () => [],
    node: () => undefined,
  };
  const endpoint = { address: '127.0.0.1', port: 53 };
  return createMetrics(endpoint, { ...source, ...more }, new Liveness(0)).render();
}

export async function metricNames(): Promise<string[]> {
  return [...(await emptyScrape()).matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name!);
}
