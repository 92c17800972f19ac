// udp-context — what all UDP listeners of an instance share.

import type { Arena } from 'node-reuseport';
import type { Cache } from '../cache/cache.ts';
import type { Counters } from '../counters.ts';
import type { Journal } from '../handover/journal.ts';
import type { ParkedCells } from '../handover/parked-cells.ts';
import type { Resting } from '../handover/resting.ts';
import type { Deadlines } from '../loop/deadlines.ts';
import type { EventLoop } from '../loop/event-loop.ts';
import type { Service } from '../serve.ts';
import type { Tap } from '../top/tap.ts';
import type { ClientShares } from './client-shares.ts';
import type { ReplyQueue } from './reply-queue.ts';

export interface UdpContext {
  readonly arena: Arena;
  readonly parking: ParkedCells;
  readonly journal: Journal;
  readonly resting: Resting;
  readonly replies: ReplyQueue;
  readonly cache: Cache;
  readonly service: Service;
  readonly counters: Counters;
  readonly shares: ClientShares;
  readonly tap: Tap;
  /** The longest answer, however much a client takes. */
  readonly udpSize: number;
  readonly loop: EventLoop;
  readonly deadlines: Deadlines;
  readonly now: () => number;
  readonly onPanic: (error: unknown) => void;
}
