// taken — refuses to start a pair where instances run already: it would share their port, and their traffic, unnoticed.
//
// Instances of one user share a port whether or not they know of each other, so the port itself is asked for, too.

import { createSocket } from 'node:dgram';
import { setTimeout as delay } from 'node:timers/promises';
import { type Endpoint, formatEndpoint, slots } from '../config.ts';
import { errnoOf, TwindnsError } from '../errors.ts';
import { whereOf } from '../options/build-config.ts';
import type { Options } from '../options/options.ts';
import { channelDirectory, type Where } from '../options/pair-directory.ts';
import { claimSlot } from '../options/slot.ts';

/** @param listeners where the pair is to listen  @throws TwindnsError CANNOT_BIND */
export async function refuseTakenSlots(
  options: Pick<Options, 'listen' | 'port' | 'channel-directory'>,
  listeners: readonly Endpoint[],
): Promise<void> {
  const where = whereOf(options);
  // The instances of a supervisor that has just died need a moment to go.
  for (let tries = patienceMs / tryMs; ; tries--) {
    const taken = someTaken(where) ? byInstances(where) : await firstHeld(listeners);
    if (taken === undefined) return;
    if (tries === 0) throw new TwindnsError('CANNOT_BIND', taken);
    await delay(tryMs);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

const patienceMs = 1000;
const tryMs = 100;

function byInstances(where: Where): string {
  return (
    `twindns answers on port ${where.port} already; a second pair would share its traffic. Stop the first, or choose another ` +
    `--port. With other addresses than it has, a second pair needs a --channel-directory other than ${channelDirectory(where)}.`
  );
}

function someTaken(where: Where): boolean {
  const claims = slots.map((slot) => claimSlot(where, slot));
  for (const claim of claims) claim.release();
  return claims.some(({ isOurs }) => !isOurs);
}

async function firstHeld(listeners: readonly Endpoint[]): Promise<string | undefined> {
  for (const { address, port } of listeners)
    if (await isHeld(address, port))
      return (
        `cannot serve DNS at ${formatEndpoint({ address, port })}: the port is taken by another process, perhaps a pair with ` +
        'another --channel-directory, whose traffic this one would share. Stop that process, or choose another with --listen ' +
        'or --port.'
      );
  return undefined;
}

/** Whether a socket is bound there: the kernel lets none share the port that does not ask to. */
async function isHeld(address: string, port: number): Promise<boolean> {
  const isIPv6 = address.includes(':');
  const socket = createSocket({ type: isIPv6 ? 'udp6' : 'udp4', ipv6Only: isIPv6 });
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once('listening', () => resolve(false));
      // What else stands in the way is told by the instances, with what to do.
      socket.once('error', (error) => resolve(errnoOf(error) === 'EADDRINUSE'));
      socket.bind({ address, port, exclusive: true });
    });
  } finally {
    socket.close();
  }
}
