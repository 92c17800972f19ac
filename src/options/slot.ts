// slot — which of the two instances of an address this process is, by a lock that the kernel frees when the process dies.
//
// Listening on an abstract unix socket is exclusive, needs no file, and belongs to the network namespace just as the port
// does, so two pods with hostNetwork see each other without a volume. Any user may bind such a name, so the kernel is asked
// which user has: a process of another one keeps us from no slot.

import { createHash } from 'node:crypto';
import {
  ADDRESS_BYTES,
  accept,
  close,
  connectChannel,
  listenChannel,
  peerUser,
  READABLE,
} from 'node-reuseport';
import type { Slot } from '../config.ts';
import { slots } from '../config.ts';
import { errnoOf, TwindnsError } from '../errors.ts';
import { EventLoop } from '../loop/event-loop.ts';

/** EPOLLET of epoll_ctl(2): told once of callers, so that those that cannot be accepted do not keep us awake. */
const EDGE = 1 << 31;
/** Milliseconds between attempts to take a slot that another process holds. */
const RETRY = 50;

export interface SlotClaim {
  readonly slot: Slot;
  /** False while another process holds the slot, which was asked for by name: a surge roll-out starts the new one first. */
  readonly isOurs: boolean;
  /**
   * Resolves when that process has ended, or given the slot up; at once if it is ours. To the user whose process has the name of
   * the slot and is none of ours, if there is such: then the slot is ours without the lock.
   */
  readonly ours: Promise<number | undefined>;
  release(): void;
}

/**
 * Takes a slot of these addresses and port.
 *
 * @throws TwindnsError SLOTS_TAKEN if `wanted` is `auto` and instances have both
 */
export function claimSlot(listen: readonly string[], port: number, wanted: Slot | 'auto'): SlotClaim {
  for (const slot of wanted === 'auto' ? slots : [wanted]) {
    const release = lock(slotName(listen, port, slot));
    if (release !== undefined) return { slot, isOurs: true, ours: Promise.resolve(undefined), release };
  }
  if (wanted !== 'auto') return { slot: wanted, ...lockWhenFree(slotName(listen, port, wanted)) };
  for (const slot of slots) {
    const stranger = foreignHolder(slotName(listen, port, slot));
    if (stranger !== undefined) return { slot, ...unlocked(stranger) };
  }
  throw new TwindnsError(
    'SLOTS_TAKEN',
    `both slots of ${listen.join(', ')} port ${port} are in use: two instances of twindns run already. ` +
      'Stop one, or name the one to take over from with --slot primary or --slot secondary.',
  );
}

export function slotName(listen: readonly string[], port: number, slot: Slot): string {
  return `twindns/slot/${digestOf(listen)}/${port}/${slot}`;
}

/** Addresses may be many and the name of a unix socket has room for 107 bytes, so names hold this of them. */
export function digestOf(listen: readonly string[]): string {
  return createHash('sha256')
    .update([...listen].sort().join(','))
    .digest('hex')
    .slice(0, 32);
}

/** The user whose process has the slot; undefined when it is free. */
export function slotHolder(listen: readonly string[], port: number, slot: Slot): number | undefined {
  return holderOf(slotName(listen, port, slot));
}

// ---------------------------------------------------------------------------------------------------------------------

/** Returns what gives the lock back; undefined while another process has it. */
function lock(name: string): (() => void) | undefined {
  let fd: number;
  try {
    fd = listenChannel(name);
  } catch (error) {
    if (errnoOf(error) === 'EADDRINUSE') return undefined;
    throw error;
  }
  const loop = new EventLoop(() => {});
  const peer = new Uint8Array(ADDRESS_BYTES);
  // A call is a question which user has the lock, and the kernel answers that. Without a descriptor left it may wait.
  const ready = () => {
    for (let caller = accept(fd, peer); caller >= 0; caller = accept(fd, peer)) close(caller);
  };
  const watchId = loop.watch(fd, READABLE | EDGE, { ready });
  return () => {
    loop.unwatch(fd, watchId);
    close(fd);
    loop.close();
  };
}

function lockWhenFree(name: string): Omit<SlotClaim, 'slot'> {
  const stranger = foreignHolder(name);
  if (stranger !== undefined) return unlocked(stranger);
  let unlock: (() => void) | undefined;
  let trying: NodeJS.Timeout | undefined;
  const ours = new Promise<number | undefined>((resolve, reject) => {
    trying = setInterval(() => {
      try {
        unlock = lock(name);
        const holder = unlock === undefined ? foreignHolder(name) : undefined;
        if (unlock === undefined && holder === undefined) return;
        resolve(holder);
      } catch (error) {
        reject(error);
      }
      clearInterval(trying);
    }, RETRY);
  });
  const release = () => {
    clearInterval(trying);
    unlock?.();
  };
  return { isOurs: false, ours, release };
}

/** A slot whose name a process of that user has: it is no instance, so the slot is free. */
function unlocked(stranger: number): Omit<SlotClaim, 'slot'> {
  return { isOurs: true, ours: Promise.resolve(stranger), release() {} };
}

/** The user whose process has the name, if it is not ours: twins run as one user. */
function foreignHolder(name: string): number | undefined {
  const user = holderOf(name);
  return user === process.geteuid?.() ? undefined : user;
}

function holderOf(name: string): number | undefined {
  try {
    const fd = connectChannel(name);
    const user = peerUser(fd);
    close(fd);
    return user;
  } catch {
    return undefined; // it has just gone
  }
}
