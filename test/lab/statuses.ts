// statuses — statuses of instances that are well, to be changed where a test is about something else.

import type { InstanceMinute, InstanceStatus, UpstreamStatus } from '../../src/status.ts';

export function upstream(endpoint: string, given: Partial<UpstreamStatus> = {}): UpstreamStatus {
  return {
    ...{ endpoint, transport: 'udp', state: 'up', sinceSeconds: 60, reason: null, healthy: true },
    ...{ lastAnswerSeconds: 1, latencyMs: 8, requests: 100, failures: 0 },
    lastMinute: { asked: 100, failed: {}, medianMs: 8, p99Ms: 20 },
    ...given,
  };
}

/** For 130 s. */
export const down: Partial<UpstreamStatus> = {
  ...{ state: 'down', healthy: false, sinceSeconds: 130, reason: 'timeout' },
  lastMinute: { asked: 40, failed: { timeout: 40 }, medianMs: null, p99Ms: null },
};

export const minute: InstanceMinute = {
  ...{ seconds: 60, queries: 1000, hits: 980, misses: 20, servfail: 0, stale: 0, evictions: 0, drops: 0 },
  ...{ stallSeconds: {}, aloneSeconds: null, twinDeathsInHour: 0, zones: [] },
};

export const twin = {
  ...{ slot: 'secondary', pid: 2, version: '0.1.0', serving: true, leaving: false, readBeside: false },
  ...{ heldConnections: 0, heldAnswerBytes: 0, beatAgeMs: 9, layoutKnown: true },
};

export const custody = {
  ...{ enabled: true, protocol: 1, twins: [twin], reads: [{ slot: 'primary', pid: 1, reason: 'own' }] },
  ...{ guard: null, untoldConnections: 0, channelProblem: null, problems: [], refusedCallers: 0 },
  ...{ takeovers: { died: 0, left: 0, stuck: 0 }, takeoverSeconds: 0, stolen: 0, tornConnections: 0 },
  ...{ replayed: 0, suspectsRefused: 0, inheritedConnections: 0, relinquishedConnections: 0 },
  unprotected: { queries: 0, connections: 0 },
  fills: { sent: 0, dropped: 0, received: 0, taken: 0, rejected: 0 },
};

/** Of an instance that is well; `given` need not be of the right types, as that of another version is not. */
export function instance(given: object = {}): InstanceStatus {
  return {
    ...{ slot: 'primary', pid: 1, version: '0.1.0', uptimeSeconds: 100, custody, node: null },
    ...{
      lastMinute: minute,
      queries: 5000,
      answers: 5000,
      hits: 4900,
      inFlight: 0,
      tcpConnections: 0,
      budget: [],
    },
    cache: { bytes: 1 << 20, maxBytes: 32 << 20, entries: { success: 10, denial: 5 } },
    listen: [{ address: '127.0.0.1:53/udp', receiveBuffer: 1, queueDrops: 0 }],
    routes: [{ zone: '.', isForwarded: true, upstreams: [upstream('10.0.0.1:53'), upstream('10.0.0.2:53')] }],
    ...{ ports: [], waitsForClusterDns: null, slotNameTakenBy: null },
    ...given,
  } as unknown as InstanceStatus;
}
