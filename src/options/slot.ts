// slot — which of the two instances of a pair this process is, by a lock that the kernel frees when the process dies.
//
// The lock is a file in the pair's directory, which only the two of them can open, and beside it a name: listening on an
// abstract unix socket is exclusive and belongs to the network namespace just as the port does, so it also tells apart two that
// have no directory, or not the same. Any process may bind such a name, so alone it keeps us from no slot:
//
//     the file         the name
//     another has it   -                            an instance has the slot
//     ours             another has it               the slot is ours, without the name
//     no directory     another of our user has it   an instance has the slot, as far as can be told
//     no directory     another user has it          the slot is ours, without a lock

import { constants, fstatSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  ADDRESS_BYTES,
  accept,
  close,
  connectChannel,
  EAGAIN,
  listenChannel,
  lockFile,
  peerUser,
  READABLE,
} from 'node-reuseport';
import type { Slot } from '../config.ts';
import { slots } from '../config.ts';
import { errnoOf, TwindnsError } from '../errors.ts';
import { EventLoop } from '../loop/event-loop.ts';
import {
  channelDirectory,
  digestOf,
  formerNameOf,
  nameOf,
  secureDirectory,
  type Where,
} from './pair-directory.ts';

/** EPOLLET of epoll_ctl(2): told once of callers, so that those that cannot be accepted do not keep us awake. */
const EDGE = 1 << 31;
/** Milliseconds between attempts to take a slot that another process holds. */
const RETRY = 50;
/** The name of one that has just given the file back is free within this time, milliseconds. */
const NAME_LATER = 100;

export interface SlotClaim {
  readonly slot: Slot;
  /** False while another process holds the slot, which was asked for by name: a surge roll-out starts the new one first. */
  readonly isOurs: boolean;
  /**
   * Resolves when that process has ended, or given the slot up; at once if it is ours. To the user whose process has the name of
   * the slot and is none of ours, if there is such: then the slot is ours without the name.
   */
  readonly ours: Promise<number | undefined>;
  release(): void;
}

/**
 * Takes a slot of the pair of this port and directory.
 *
 * @throws TwindnsError SLOTS_TAKEN if `wanted` is `auto` and instances have both
 */
export function claimSlot(where: Where, wanted: Slot | 'auto'): SlotClaim {
  if (wanted !== 'auto') {
    const lock = take(where, wanted);
    return lock === undefined
      ? { slot: wanted, isOurs: false, ...takeWhenFree(where, wanted) }
      : claimed(wanted, lock);
  }
  let nameless: SlotClaim | undefined;
  for (const slot of slots) {
    const lock = take(where, slot);
    if (lock === undefined) continue;
    if (lock.stranger === undefined) {
      nameless?.release();
      return claimed(slot, lock);
    }
    if (nameless === undefined) nameless = claimed(slot, lock);
    else lock.release();
  }
  if (nameless !== undefined) return nameless;
  throw new TwindnsError(
    'SLOTS_TAKEN',
    `both slots of port ${where.port} are in use: two instances of twindns run already. ` +
      'Stop one, or name the one to take over from with --slot primary or --slot secondary. ' +
      `A pair of its own, with other addresses, needs a --channel-directory other than ${channelDirectory(where)}.`,
  );
}

export function slotName(listen: readonly string[], port: number, slot: Slot): string {
  return `twindns/slot/${digestOf(listen)}/${port}/${slot}`;
}

/** The user whose process has the slot, hidden when the system does not let us ask; undefined when it is free. */
export function slotHolder(
  listen: readonly string[],
  port: number,
  slot: Slot,
): number | 'hidden' | undefined {
  try {
    return askHolder(slotName(listen, port, slot));
  } catch (error) {
    return errnoOf(error) === 'EACCES' || errnoOf(error) === 'EPERM' ? 'hidden' : undefined;
  }
}

/** Whether another process waits for the slot of this one. */
export function isAwaited(where: Where, slot: Slot): boolean {
  try {
    const fd = openSync(waitingPath(where, slot), constants.O_RDWR | constants.O_NOFOLLOW);
    const failed = lockFile(fd);
    if (failed === 0) rmSync(waitingPath(where, slot), { force: true }); // of a process that was killed while it waited
    close(fd);
    return failed === -EAGAIN;
  } catch {
    return false;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

interface Lock {
  /** The user whose process has the name. */
  readonly stranger?: number | undefined;
  release(): void;
}

function claimed(slot: Slot, { stranger, release }: Lock): SlotClaim {
  return { slot, isOurs: true, ours: Promise.resolve(stranger), release };
}

/** Undefined while an instance has the slot. */
function take(where: Where, slot: Slot): Lock | undefined {
  const file = takeFiles(where, slot);
  if (file === 'taken') return undefined;
  const wanted = slotName(where.listen, where.port, slot);
  let name = takeName(wanted);
  for (
    let waited = 0;
    name === undefined && file !== undefined && waited < NAME_LATER;
    waited += RETRY / 10
  ) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY / 10);
    name = takeName(wanted);
  }
  const release = () => {
    name?.();
    file?.();
  };
  if (name !== undefined) return { release };
  const stranger = holderOf(wanted);
  const isInstance = file === undefined && (stranger === undefined || stranger === process.geteuid?.());
  return isInstance ? undefined : { stranger, release };
}

function takeWhenFree(where: Where, slot: Slot): Pick<SlotClaim, 'ours' | 'release'> {
  let lock: Lock | undefined;
  let trying: NodeJS.Timeout | undefined;
  const stopWaiting = showWaiting(where, slot);
  const ours = new Promise<number | undefined>((resolve, reject) => {
    trying = setInterval(() => {
      try {
        lock = take(where, slot);
        if (lock === undefined) return;
        resolve(lock.stranger);
      } catch (error) {
        reject(error);
      }
      stopWaiting();
      clearInterval(trying);
    }, RETRY);
  });
  const release = () => {
    clearInterval(trying);
    stopWaiting();
    lock?.release();
  };
  return { ours, release };
}

/** The file, and that of a version which has one for each set of addresses: a process of it may have the slot. */
function takeFiles(where: Where, slot: Slot): (() => void) | 'taken' | undefined {
  const file = takeFile(where, nameOf(where, slot));
  if (file === 'taken' || file === undefined) return file;
  const former = takeFile(where, formerNameOf(where, slot));
  if (former === 'taken') file();
  return former === 'taken'
    ? 'taken'
    : () => {
        former?.();
        file();
      };
}

/** Returns what gives the file back; undefined where the pair has no directory, which is told of where twins meet. */
function takeFile(where: Where, name: string): (() => void) | 'taken' | undefined {
  try {
    const directory = channelDirectory(where);
    secureDirectory(directory);
    const path = join(directory, `lock-${name}`);
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    const failed = lockFile(fd);
    // The process that had it has removed it meanwhile: another one may have made it anew.
    const isGone = failed === 0 && statSync(path, { throwIfNoEntry: false })?.ino !== fstatSync(fd).ino;
    if (failed === 0 && !isGone) {
      return () => {
        rmSync(path, { force: true });
        close(fd);
      };
    }
    close(fd);
    return isGone || failed === -EAGAIN ? 'taken' : undefined;
  } catch {
    return undefined;
  }
}

/** Returns what gives the name back; undefined while another process has it. */
function takeName(name: string): (() => void) | undefined {
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

function holderOf(name: string): number | undefined {
  try {
    return askHolder(name);
  } catch {
    return undefined; // it has just gone
  }
}

/** @throws what the kernel says when it cannot be asked */
function askHolder(name: string): number {
  const fd = connectChannel(name);
  try {
    return peerUser(fd);
  } finally {
    close(fd);
  }
}

function waitingPath(where: Where, slot: Slot): string {
  return join(channelDirectory(where), `wait-${nameOf(where, slot)}`);
}

/** Lets the process that has the slot see that another waits for it. Returns what ends that. */
function showWaiting(where: Where, slot: Slot): () => void {
  try {
    const path = waitingPath(where, slot);
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    let isShown = lockFile(fd) === 0;
    if (isShown)
      return () => {
        if (!isShown) return;
        isShown = false;
        rmSync(path, { force: true });
        close(fd);
      };
    close(fd); // a further one
  } catch {
    // There is no directory, which is told of where twins meet.
  }
  return () => {};
}
