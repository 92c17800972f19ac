// channel-directory — where the sockets lie by which twins meet: in a directory that no other user can open, and no container
// that does not mount it.

import { lstatSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Slot } from '../../src/config.ts';
import { isServed, type ListeningSocket } from '../../src/options/listening-socket.ts';
import {
  channelDirectory,
  formerNameOf,
  isOfThisNetwork,
  nameOf,
  type Where,
} from '../../src/options/pair-directory.ts';
import { FORSAKEN } from '../timing.ts';

/** Sockets of dead processes that are removed at once, when there are so many. */
const MOST_REMOVED = 64;

/** Where the process that serves a slot is dialled. */
export function channelPath(where: Where, slot: Slot): string {
  return join(channelDirectory(where), nameOf(where, slot));
}

/** Where a process is dialled that is of a version which meets none with other addresses. */
export function formerPath(where: Where, slot: Slot): string {
  return join(channelDirectory(where), formerNameOf(where, slot));
}

/** Lets such a process find the socket: by a link at the path it dials, unless a living process has that. */
export function linkFrom(former: string, { path }: ListeningSocket): void {
  const target = basename(path);
  if (leadsTo(former, target) || isServed(former)) return;
  rmSync(former, { force: true });
  symlinkSync(target, former);
}

export function unlink(former: string, { path }: ListeningSocket): void {
  if (leadsTo(former, basename(path))) rmSync(former, { force: true });
}

/** Removes sockets that processes in networks which are gone have left behind: no successor takes their place. */
export function removeForsaken(directory: string): void {
  const others = readdirSync(directory).filter((name) => /^\d+-/.test(name) && !isOfThisNetwork(name));
  for (const name of others.slice(0, MOST_REMOVED)) {
    const path = join(directory, name);
    // A process that has died just now may have a successor that is about to take its place.
    const isOld = Date.now() - (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > FORSAKEN;
    if (isOld && !isServed(path)) rmSync(path, { force: true });
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function leadsTo(link: string, target: string): boolean {
  try {
    return readlinkSync(link) === target;
  } catch {
    return false; // it is none, or is not there
  }
}
