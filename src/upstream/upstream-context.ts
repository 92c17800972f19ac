// upstream-context — what all servers are asked by: the loop, the time, the counters, the log.

import type { Bound } from '../budget.ts';
import type { Counters } from '../counters.ts';
import type { Log } from '../log/log.ts';
import type { Deadlines } from '../loop/deadlines.ts';
import type { EventLoop } from '../loop/event-loop.ts';

export interface UpstreamContext {
  readonly loop: EventLoop;
  readonly deadlines: Deadlines;
  readonly events: Counters['events'];
  /** Of all servers together. */
  readonly sockets: Bound;
  /** Milliseconds of the monotonic clock. */
  readonly now: () => number;
  readonly log: Pick<Log, 'info' | 'warn'>;
}
