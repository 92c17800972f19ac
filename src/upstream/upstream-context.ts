// upstream-context — what all servers are asked by: the loop, the time, what is known of them, the log.

import type { Bound } from '../budget.ts';
import type { Log } from '../log/log.ts';
import type { Deadlines } from '../loop/deadlines.ts';
import type { EventLoop } from '../loop/event-loop.ts';
import type { Servers } from './servers.ts';

export interface UpstreamContext {
  readonly loop: EventLoop;
  readonly deadlines: Deadlines;
  /** What is known of each server. */
  readonly servers: Servers;
  /** Of all servers together. */
  readonly sockets: Bound;
  /** Milliseconds of the monotonic clock. */
  readonly now: () => number;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** There is something with a time limit now: what sweeps it begins to, if it does not yet. */
  readonly sweepLater: () => void;
}
