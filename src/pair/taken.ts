// taken — refuses to start a pair where instances run already: it would share their port, and their traffic, unnoticed.

import { setTimeout as delay } from 'node:timers/promises';
import { slots } from '../config.ts';
import { TwindnsError } from '../errors.ts';
import { whereOf } from '../options/build-config.ts';
import type { Options } from '../options/options.ts';
import type { Where } from '../options/pair-directory.ts';
import { claimSlot } from '../options/slot.ts';

/** @throws TwindnsError CANNOT_BIND */
export async function refuseTakenSlots(
  options: Pick<Options, 'listen' | 'port' | 'channel-directory'>,
): Promise<void> {
  const { listen, port } = options;
  // The instances of a supervisor that has just died need a moment to go.
  for (let tries = patienceMs / tryMs; someTaken(whereOf(options)); tries--) {
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

function someTaken(where: Where): boolean {
  const claims = slots.map((slot) => claimSlot(where, slot));
  for (const claim of claims) claim.release();
  return claims.some(({ isOurs }) => !isOurs);
}
