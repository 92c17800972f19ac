// listening-socket — a unix socket at a path of the pair's directory: it is there and listens, or is not there.

import { randomBytes } from 'node:crypto';
import { lstatSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { close, connectChannel, listenChannel } from 'node-reuseport';
import { errnoOf, messageOf } from '../errors.ts';

/** A socket that listens at a path. */
export interface ListeningSocket {
  readonly fd: number;
  readonly path: string;
  /** Of the file, which another one may take the place of. */
  readonly inode: number;
}

/**
 * Listens at a path, in the place of a dead process's socket, if there is one. It gets its name last, so of two that come at once
 * the last has it, and the first sees that it has not.
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

/** Whether a process listens there, however busy it is. */
export function isServed(path: string): boolean {
  try {
    close(connectChannel(path));
    return true;
  } catch (error) {
    return errnoOf(error) === 'EAGAIN';
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** @throws an error without the name, which is another one each time: what stands in the way is told of once */
function makeSocket(path: string): number {
  try {
    return listenChannel(path);
  } catch (error) {
    throw new Error(`no socket can be made in ${dirname(path)}: ${errnoOf(error) ?? messageOf(error)}`);
  }
}
