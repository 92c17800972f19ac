// custody-counters — what was done for other processes so far; see the metrics.

import type { TakeoverReason } from '../../src/status.ts';

export interface CustodyCounters {
  takeovers: Record<TakeoverReason, number>;
  takeoverSeconds: number;
  stolen: number;
  tornConnections: number;
}

export function custodyCounters(): CustodyCounters {
  return { takeovers: { died: 0, left: 0, stuck: 0 }, takeoverSeconds: 0, stolen: 0, tornConnections: 0 };
}
