// channel-directory — where the sockets lie by which twins meet: in a directory that no other user can open, and no container
// that does not mount it.

import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { close, connectChannel, listenChannel } from 'node-reuseport';
import type { Slot } from '../../src/config.ts';
import { errnoOf, messageOf } from '../../src/errors.ts';
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

/** A socket that listens at a path. */
export interface ListeningSocket {
  readonly fd: number;
  readonly path: string;
  /** Of the file, which another one may take the place of. */
  readonly inode: number;
}

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

/**
 * Listens at a path, in the place of a dead process's socket, if there is one. It is there and listens, or is not there: it gets
 * its name last, so of two that come at once the last has it, and the first sees that it has not.
 * @throws what stands in the way, for people
 */
export function listenAt(path: string): ListeningSocket {
  if (isServed(path)) throw new Error(`another process listens at ${path}`);
  const temporary = join(path, '..', `.${process.pid}-${randomBytes(4).toString('hex')}`);
  const fd = makeSocket(temporary);
  try {
    const inode = lstatSync(temporary).ino;
    renameSync(temporary, path);
    return { fd, path, inode };
  } catch (error) {
    close(fd);
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Whether it can be dialled at its path still. */
export function isThere({ path, inode }: ListeningSocket): boolean {
  try {
    return lstatSync(path).ino === inode;
  } catch {
    return false;
  }
}

/** Its file goes, unless another one has taken its place; then it. */
export function unlisten(socket: ListeningSocket): void {
  if (isThere(socket)) rmSync(socket.path, { force: true });
  close(socket.fd);
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

/** @throws an error without the name, which is another one each time: what stands in the way is told of once */
function makeSocket(path: string): number {
  try {
    return listenChannel(path);
  } catch (error) {
    throw new Error(`no socket can be made in ${dirname(path)}: ${errnoOf(error) ?? messageOf(error)}`);
  }
}

/** Whether a process listens there, however busy it is. */
function isServed(path: string): boolean {
  try {
    close(connectChannel(path));
    return true;
  } catch (error) {
    return errnoOf(error) === 'EAGAIN';
  }
}
