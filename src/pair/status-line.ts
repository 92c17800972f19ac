// status-line — each second: how fast the pair answers, how often from the cache, and who is up.

import { hitRatio } from '../admin/show-instance.ts';
import type { Slot } from '../config.ts';
import { slots } from '../config.ts';
import type { InstanceStatus } from '../status.ts';
import type { Terminal } from './terminal.ts';

/** Rejects where it has no answer in time. */
export type AskStatus = (slot: Slot, timeoutMs: number) => Promise<InstanceStatus>;

/** @returns stops it */
export function startStatusLine(ask: AskStatus, terminal: Terminal): () => void {
  let before: Sample | undefined;
  async function redraw(): Promise<void> {
    const statuses = await Promise.all(slots.map((slot) => ask(slot, 800).catch(() => undefined)));
    const sample: Sample = { at: performance.now(), statuses };
    terminal.draw(renderStatusLine(sample, before));
    before = sample;
  }
  const timer = setInterval(() => void redraw(), 1000).unref();
  return () => clearInterval(timer);
}

/** Both instances at one moment, in the order of `slots`; undefined: no answer. */
export interface Sample {
  /** Milliseconds on a clock that never goes back. */
  readonly at: number;
  readonly statuses: readonly (InstanceStatus | undefined)[];
}

export function renderStatusLine(now: Sample, before: Sample | undefined): string {
  const seconds = before === undefined ? 0 : (now.at - before.at) / 1000;
  let queries = 0;
  let hits = 0;
  const words = slots.map((slot, index) => {
    const status = now.statuses[index];
    const last = before?.statuses[index];
    if (status === undefined) return `${slot} DOWN`;
    // A new process counts from zero, so only two samples of one process make a rate.
    if (last?.pid === status.pid) {
      queries += status.queries - last.queries;
      hits += status.hits - last.hits;
    }
    return `${slot} up (${status.pid})${forBoth(status) ? ' for both' : ''}`;
  });
  const rate = seconds > 0 ? Math.round(queries / seconds) : 0;
  return `${rate} queries/s, ${hitRatio({ hits, queries })} from cache   ${words.join('   ')}`;
}

// ---------------------------------------------------------------------------------------------------------------------

/** Does it read the sockets of the other slot, too? */
function forBoth({ slot, custody }: InstanceStatus): boolean {
  return custody.enabled && custody.reads.some((read) => read.slot !== slot);
}
