// custody-sample — what a secondary says of its twin, no number twice, to see where each one comes out.

import type { EnabledCustodyStatus } from '../../src/status.ts';

export function custodySample(change: Partial<EnabledCustodyStatus> = {}): EnabledCustodyStatus {
  return {
    enabled: true,
    protocol: 2,
    twins: [
      {
        slot: 'primary',
        pid: 4711,
        version: '9',
        serving: true,
        leaving: false,
        readBeside: true,
        heldConnections: 5,
        heldAnswerBytes: 17,
        beatAgeMs: 8,
        layoutKnown: true,
      },
    ],
    reads: [
      { slot: 'secondary', pid: 4712, reason: 'own' },
      { slot: 'primary', pid: 4711, reason: 'stuck' },
    ],
    guard: { slot: 'primary', pid: 4711 },
    untoldConnections: 6,
    channelProblem: null,
    problems: [],
    refusedCallers: 7,
    takeovers: { died: 11, left: 12, stuck: 13 },
    takeoverSeconds: 0.25,
    stolen: 14,
    aloneSeconds: 19,
    settingsMatch: { 'cluster-domain': false, upstream: true },
    tornConnections: 15,
    replayed: 16,
    suspectsRefused: 17,
    inheritedConnections: 18,
    relinquishedConnections: 19,
    unprotected: { queries: 20, connections: 21 },
    fills: { sent: 30, dropped: 31, received: 40, taken: 32, rejected: 34 },
    ...change,
  };
}
