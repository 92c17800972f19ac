// old-data — how old the old data is that a reply has, as the instances of this machine tell; a reply itself does not.

import type { DecodedPacket } from 'dns-packet';
import { sinceText } from '../admin/finding.ts';
import { slots } from '../config.ts';
import type { Call } from '../control/call-instance.ts';
import { extendedErrors } from './extended-errors.ts';
import type { Asked } from './question.ts';

/** Milliseconds: who asks has an answer already. */
const PATIENCE = 500;
/** Stale Answer, and Stale NXDOMAIN Answer. */
const STALE: readonly number[] = [3, 19];

/** A line for each instance that has it; none where the reply is no old data, or no instance of this pair can be asked. */
export async function oldDataLines(reply: DecodedPacket, asked: Asked, call: Call): Promise<string[]> {
  if (!extendedErrors(reply).some(({ code }) => STALE.includes(code))) return [];
  const lines = slots.map(async (slot) => {
    const { answers } = await call(slot, 'show', { name: asked.name }, PATIENCE);
    const type = asked.type.toUpperCase();
    const entry = answers.find((one) => one.type === type && one.dnssecOk === asked.dnssec);
    if (entry === undefined || entry.leftSeconds > 0) return [];
    return [
      `old data of the ${slot}: stored ${sinceText(entry.ageSeconds)} ago, ran out ${sinceText(-entry.leftSeconds)} ago`,
    ];
  });
  const settled = await Promise.allSettled(lines);
  return settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
}
