// slot — which of the two instances of an address this process is, by a lock that the kernel frees when the process dies.
//
// Listening on an abstract unix socket is exclusive, needs no file, and belongs to the network namespace just as the port
// does, so two pods with hostNetwork see each other without a volume.

import { createHash } from 'node:crypto';
import type { Server } from 'node:net';
import { createServer } from 'node:net';
import type { Slot } from '../config.ts';
import { slots } from '../config.ts';
import { errnoOf, TwindnsError } from '../errors.ts';

/** Milliseconds between attempts to take a slot that another process holds. */
const RETRY = 50;

export interface SlotClaim {
  readonly slot: Slot;
  /** False while another process holds the slot, which was asked for by name: a surge roll-out starts the new one first. */
  readonly isOurs: boolean;
  /** Resolves when that process has ended, or given the slot up; at once if it is ours. */
  readonly ours: Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes a slot of these addresses and port.
 *
 * @throws TwindnsError SLOTS_TAKEN if `wanted` is `auto` and both are in use
 */
export async function claimSlot(
  listen: readonly string[],
  port: number,
  wanted: Slot | 'auto',
): Promise<SlotClaim> {
  for (const slot of wanted === 'auto' ? slots : [wanted]) {
    const server = await lock(slotName(listen, port, slot));
    if (server !== undefined)
      return { slot, isOurs: true, ours: Promise.resolve(), release: () => unlock(server) };
  }
  if (wanted !== 'auto') {
    return { slot: wanted, isOurs: false, ...lockWhenFree(slotName(listen, port, wanted)) };
  }
  throw new TwindnsError(
    'SLOTS_TAKEN',
    `both slots of ${listen.join(', ')} port ${port} are in use: two instances of twindns run already. ` +
      'Stop one, or name the one to take over from with --slot primary or --slot secondary.',
  );
}

// ---------------------------------------------------------------------------------------------------------------------

/** Addresses may be many and a name has room for 107 bytes, so it holds their digest. */
function slotName(listen: readonly string[], port: number, slot: Slot): string {
  const digest = createHash('sha256')
    .update([...listen].sort().join(','))
    .digest('hex')
    .slice(0, 32);
  return `\0twindns/slot/${digest}/${port}/${slot}`;
}

function lock(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error) => {
      if (errnoOf(error) === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => resolve(server.unref()));
  });
}

function lockWhenFree(path: string): Pick<SlotClaim, 'ours' | 'release'> {
  let held: Server | undefined;
  let trying: NodeJS.Timeout;
  const ours = new Promise<void>((resolve) => {
    const attempt = async () => {
      held = await lock(path).catch(() => undefined);
      if (held === undefined) trying = setTimeout(attempt, RETRY);
      else resolve();
    };
    trying = setTimeout(attempt, RETRY);
  });
  const release = async () => {
    clearTimeout(trying);
    if (held !== undefined) await unlock(held);
  };
  return { ours, release };
}

function unlock(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
