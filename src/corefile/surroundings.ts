// surroundings — what a Corefile is read with beside its text: files, the environment, the addresses of this machine.

import { closeSync, constants, fstatSync, opendirSync, openSync, readSync, statSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { version } from '../version.ts';
import type { Environment } from './environment.ts';

export interface Surroundings {
  readonly env: Environment;
  readonly hostname: string;
  /** Of this program. */
  readonly version: string;
  /** Where blocks without `bind` are served. */
  readonly listen: readonly string[];
  /** For zones without a port. */
  readonly port: number;
  /** Addresses of an interface, link-local ones with their zone; undefined if there is no such interface. */
  addressesOf(name: string): readonly string[] | undefined;
  /** @param most bytes @throws Error when it cannot be read, is no file, or is longer */
  readFile(path: string, most: number): string;
  /** @throws Error as `readFile`, and reads nothing */
  checkFile(path: string, most: number): void;
  /** What is in a directory, without what Kubernetes hides there. @throws Error when it cannot be read, or has more */
  listDirectory(path: string, most: number): readonly DirectoryEntry[];
}

/** What the words of a file are read with. */
export type FileSurroundings = Pick<Surroundings, 'env' | 'readFile' | 'listDirectory'>;

export interface DirectoryEntry {
  readonly name: string;
  /** Links are followed. */
  readonly isFile: boolean;
}

/** Those of this machine. */
export function surroundingsOf(
  env: Environment,
  { listen, port }: Pick<Surroundings, 'listen' | 'port'>,
): Surroundings {
  return {
    ...{ env, version, listen, port, readFile, listDirectory, checkFile },
    hostname: hostname(),
    addressesOf: (name) =>
      networkInterfaces()[name]?.map(({ address, scopeid }) =>
        scopeid && !address.includes('%') ? `${address}%${name}` : address,
      ),
  };
}

// ---------------------------------------------------------------------------------------------------------------------

/** Never waits, whatever the path leads to. */
function readFile(path: string, most: number): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const bytes = Buffer.alloc(Math.min(most, lengthOf(fd, most) + 65_536));
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(fd, bytes, length, bytes.length - length, null);
    return bytes.toString('utf8', 0, length);
  } finally {
    closeSync(fd);
  }
}

function checkFile(path: string, most: number): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    lengthOf(fd, most);
  } finally {
    closeSync(fd);
  }
}

/** @throws Error when it is no file, or longer */
function lengthOf(fd: number, most: number): number {
  const stat = fstatSync(fd);
  if (!stat.isFile()) throw new Error('it is no file');
  if (stat.size > most) throw new Error(`it has ${stat.size} bytes, and ${most} may be read`);
  return stat.size;
}

function listDirectory(path: string, most: number): readonly DirectoryEntry[] {
  const directory = opendirSync(path);
  try {
    const found: DirectoryEntry[] = [];
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      const { name } = entry;
      if (name.startsWith('..')) continue;
      const isLink = entry.isSymbolicLink();
      const isFile = isLink
        ? (statSync(join(path, name), { throwIfNoEntry: false })?.isFile() ?? false)
        : entry.isFile();
      found.push({ name, isFile });
      if (found.length > most) throw new Error(`it has more than ${most} entries`);
    }
    return found;
  } finally {
    directory.closeSync();
  }
}
