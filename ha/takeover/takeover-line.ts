// takeover-line — the line in the log of a takeover: whose work is gone on with, and how much it was.

import type { Log } from '../../src/log/log.ts';
import type { TakeoverReason } from '../../src/status.ts';
import type { Holdings } from '../peers/holdings.ts';
import type { Takeover } from './takeover.ts';

/** @param pid of the process that is taken over from @param ms how long it took */
export function tellTakeover(
  log: Pick<Log, 'info' | 'warn'>,
  reason: TakeoverReason,
  holdings: Pick<Holdings, 'slot' | 'layout' | 'withheldRecord'>,
  pid: number,
  done: Takeover,
  ms: number,
): void {
  log[reason === 'left' ? 'info' : 'warn'](`twin ${reason}: its queries are answered here`, {
    twin: holdings.slot,
    pid,
    replayed: done.replayed,
    connections: done.connections,
    ...(done.torn > 0 ? { torn: done.torn } : {}),
    ...(holdings.withheldRecord === undefined ? {} : { left: 1 }),
    ...(done.suspects > 0 ? { suspects: done.suspects } : {}),
    ms: Math.round(ms * 100) / 100,
  });
  if (holdings.layout === undefined && reason !== 'left')
    // a leaver whose memory is unknown to its twin answers it itself
    log.warn('the arena of the twin has a layout unknown here; what it held is not answered');
}
