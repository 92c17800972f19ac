// taken — refuses to start a pair where instances run already: it would share their port, and their traffic, unnoticed.

import { setTimeout as delay } from 'node:timers/promises';
import { slots } from '../config.ts';
import { TwindnsError } from '../errors.ts';
import type { Options } from '../options/options.ts';
import { claimSlot } from '../options/slot.ts';

/** @throws TwindnsError CANNOT_BIND */
export async function refuseTakenSlots({ listen, port }: Pick<Options, 'listen' | 'port'>): Promise<void> {
  // The instances of a supervisor that has just died need a moment to go.
  for (let tries = patienceMs / tryMs; someTaken(listen, port); tries--) {
    if (tries > 0) await delay(tryMs);
    else {
      throw new TwindnsError(
        'CANNOT_BIND',
        `twindns answers on ${listen.join(', ')} port ${port} already; a second pair would share its traffic. ` +
          'Stop the first, or choose another with --listen or --port.',
      );
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------

const patienceMs = 1000;
const tryMs = 100;

function someTaken(listen: readonly string[], port: number): boolean {
  const claims = slots.map((slot) => claimSlot(listen, port, slot));
  for (const claim of claims) claim.release();
  return claims.some(({ isOurs }) => !isOurs);
}
