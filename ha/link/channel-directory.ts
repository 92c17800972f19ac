// channel-directory — where the sockets lie by which twins meet: in a directory that no other user can open, and no container
// that does not mount it.

import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { close, connectChannel, listenChannel } from 'node-reuseport';
import type { Config, Slot } from '../../src/config.ts';
import { errnoOf, messageOf } from '../../src/errors.ts';
import { digestOf } from '../../src/options/slot.ts';
import { FORSAKEN } from '../timing.ts';

/** Of root, and of a user it was made for. */
const SYSTEM = '/run/twindns';
const PRIVATE = 0o700;
const OTHERS_WRITE = 0o022;
const OTHERS = 0o077;
/** Sockets of dead processes that are removed at once, when there are so many. */
const MOST_REMOVED = 64;

/** A socket that listens at a path. */
export interface ListeningSocket {
  readonly fd: number;
  readonly path: string;
  /** Of the file, which another one may take the place of. */
  readonly inode: number;
}

/** What the names of a pair are made of. */
export type Where = Pick<Config, 'listen' | 'port'> & Partial<Pick<Config, 'channelDirectory'>>;

/** Both instances of a pair come to the same, being of one user. */
export function channelDirectory({ channelDirectory: given }: Where): string {
  if (given !== undefined) return given;
  const user = ourUser();
  if (user === 0 || ownerOf(SYSTEM) === user) return SYSTEM;
  const session = process.env.XDG_RUNTIME_DIR;
  return session !== undefined && existsSync(session) ? join(session, 'twindns') : `/tmp/twindns-${user}`;
}

/**
 * Where the process that serves a slot is dialled. Pairs with other addresses, another port or in another network may share the
 * directory.
 */
export function channelPath(where: Where, slot: Slot): string {
  const name = [networkNamespace(), digestOf(where.listen).slice(0, 16), where.port, slot].join('-');
  return join(channelDirectory(where), name);
}

/** Makes it, or sees that it is ours alone. @throws what stands in the way, for people */
export function secureDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: PRIVATE });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw new Error(`${path} cannot be made: ${messageOf(error)}`);
  }
  const about = lstatSync(path);
  const { uid, mode } = about;
  const user = ourUser();
  if (!about.isDirectory()) throw new Error(`${path} is no directory`);
  if (uid !== user) throw new Error(`${path} belongs to user ${uid}, and this process is of user ${user}`);
  if ((mode & OTHERS_WRITE) !== 0)
    throw new Error(`${path} can be written to by other users: its mode is ${(mode & 0o7777).toString(8)}`);
  if ((mode & OTHERS) !== 0) chmodSync(path, PRIVATE); // as a kubelet makes it
}

/**
 * Listens at a path, in the place of a dead process's socket, if there is one. It is there and listens, or is not there: it gets
 * its name last, so of two that come at once the last has it, and the first sees that it has not.
 * @throws what stands in the way, for people
 */
export function listenAt(path: string): ListeningSocket {
  if (isServed(path)) throw new Error(`another process listens at ${path}`);
  const temporary = join(path, '..', `.${process.pid}-${randomBytes(4).toString('hex')}`);
  const fd = listenChannel(temporary);
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
  const ours = `${networkNamespace()}-`;
  const others = readdirSync(directory).filter((name) => /^\d+-/.test(name) && !name.startsWith(ours));
  for (const name of others.slice(0, MOST_REMOVED)) {
    const path = join(directory, name);
    // A process that has died just now may have a successor that is about to take its place.
    const isOld = Date.now() - (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > FORSAKEN;
    if (isOld && !isServed(path)) rmSync(path, { force: true });
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function ourUser(): number {
  return process.geteuid?.() ?? 0;
}

function ownerOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.uid;
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

/** Its inode; 0 where there is no /proc. */
function networkNamespace(): number {
  return statSync('/proc/self/ns/net', { throwIfNoEntry: false })?.ino ?? 0;
}
