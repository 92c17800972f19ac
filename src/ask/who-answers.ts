// who-answers — which instance of this machine's pair a datagram comes to, and what it had of the answer: the kernel chooses, and the
// reply does not say.

import { type Slot, slots } from '../config.ts';
import type { Call } from '../control/call-instance.ts';
import type { Asked } from './question.ts';

export interface AnsweringInstance {
  readonly slot: Slot;
  /** Undefined where it keeps no such answer. */
  readonly kept?: {
    /** cache: it had the answer before it was asked. */
    readonly origin: 'cache' | 'upstream';
    readonly zone: string;
    readonly ageSeconds: number;
    /** Below 0 it has run out. */
    readonly leftSeconds: number;
  };
}

/** Milliseconds: a person waits, and may ask something else than an instance of this machine. */
const PATIENCE = 500;

/** Has both instances look for a datagram from that port. Resolves to those that do; none where no pair can be asked. */
export async function expectFrom(port: number, call: Call): Promise<readonly Slot[]> {
  const expecting = slots.map((slot) => call(slot, 'expect', { port }, PATIENCE).then(() => slot));
  return (await Promise.allSettled(expecting)).flatMap((one) =>
    one.status === 'fulfilled' ? one.value : [],
  );
}

/**
 * Undefined where it came to none of them.
 * @param sent when it was asked, milliseconds of this process's clock
 */
export async function answeringInstance(
  port: number,
  expecting: readonly Slot[],
  asked: Asked,
  sent: number,
  call: Call,
): Promise<AnsweringInstance | undefined> {
  for (const slot of expecting) {
    const heard = await call(slot, 'came', { port }, PATIENCE).catch(() => undefined);
    if (!heard?.came) continue;
    const shown = await call(slot, 'show', { name: asked.name }, PATIENCE).catch(() => undefined);
    const since = (performance.now() - sent) / 1000;
    const type = asked.type.toUpperCase();
    const found = shown?.answers.find((one) => one.type === type && one.dnssecOk === asked.dnssec);
    if (found === undefined) return { slot };
    const { zone, ageSeconds, leftSeconds } = found;
    return {
      slot,
      kept: { origin: ageSeconds < since ? 'upstream' : 'cache', zone, ageSeconds, leftSeconds },
    };
  }
  return undefined;
}

/** A line for people. */
export function answeringText({ slot, kept }: AnsweringInstance): string {
  if (kept === undefined) return `answered by the ${slot}, which keeps no such answer`;
  const { origin, zone, ageSeconds, leftSeconds } = kept;
  const from =
    origin === 'upstream' ? 'asked upstream' : `from its cache, stored ${ageSeconds.toFixed(1)} s ago`;
  const rest =
    leftSeconds > 0
      ? `good for ${leftSeconds.toFixed(1)} s`
      : `old data: it ran out ${(-leftSeconds).toFixed(1)} s ago`;
  return `answered by the ${slot}, ${from}, ${rest}, zone ${zone}`;
}
