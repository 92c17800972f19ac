// unasked — says once that an instance which keeps the interface and the rules was asked nothing: something takes the queries.

import type { Counters } from './counters.ts';
import type { Log } from './log/log.ts';

/** Milliseconds: on any node with pods a query has come by then. */
const PATIENCE = 600_000;

/** Returns what ends the waiting. */
export function warnIfUnasked(
  { clientZones }: Pick<Counters, 'clientZones'>,
  log: Pick<Log, 'warn'>,
  patience = PATIENCE,
): () => void {
  const waiting = setTimeout(() => {
    if (clientZones.some(({ requests }) => requests.some((count) => count > 0))) return;
    log.warn(
      'no query has come to this instance since it started: pods may ask another address, or another program may take what they ask',
      { minutes: Math.round(patience / 60_000) },
    );
  }, patience).unref();
  return () => clearTimeout(waiting);
}
