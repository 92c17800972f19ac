// pair-directory — where a pair keeps what only its own two processes may open: a directory that no other user can open, and no
// container that does not mount it.

import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, Slot } from '../config.ts';
import { errnoOf, messageOf } from '../errors.ts';

/** Of root, and of a user it was made for. */
const SYSTEM = '/run/twindns';
const PRIVATE = 0o700;
const OTHERS_WRITE = 0o022;
const OTHERS = 0o077;

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

/** Of a slot's file in it: pairs with another port or in another network may share the directory. */
export function nameOf({ port }: Where, slot: Slot): string {
  return [networkNamespace(), port, slot].join('-');
}

/** Of the socket at which the process that serves a slot is asked by the programs of its operator. */
export function controlPath(where: Where, slot: Slot): string {
  return join(channelDirectory(where), `${nameOf(where, slot)}-control`);
}

/** What it is called by a version that meets no instance with other addresses. */
export function formerNameOf({ listen, port }: Where, slot: Slot): string {
  return [networkNamespace(), digestOf(listen).slice(0, 16), port, slot].join('-');
}

/** Of a file for that network. */
export function isOfThisNetwork(name: string): boolean {
  return name.startsWith(`${networkNamespace()}-`);
}

/** Addresses may be many and the name of a unix socket has room for 107 bytes, so names hold this of them. */
export function digestOf(listen: readonly string[]): string {
  return createHash('sha256')
    .update([...listen].sort().join(','))
    .digest('hex')
    .slice(0, 32);
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

// ---------------------------------------------------------------------------------------------------------------------

function ourUser(): number {
  return process.geteuid?.() ?? 0;
}

function ownerOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.uid;
}

/** Its inode; 0 where there is no /proc. */
function networkNamespace(): number {
  return statSync('/proc/self/ns/net', { throwIfNoEntry: false })?.ino ?? 0;
}
