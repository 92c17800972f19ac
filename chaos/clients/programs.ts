// programs — the programs that look names up by the libraries of clients: those that can be built or found on this machine.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkout } from '../stage/checkout.ts';

type Command = readonly [string, ...string[]];

/** The program of each library. */
export interface Programs {
  readonly found: ReadonlyMap<Library, Command>;
  /** What is missing, in sentences. */
  readonly missing: readonly string[];
}

export const libraries = ['glibc', 'musl', 'go', 'node', 'dnspython', 'haproxy'] as const;
export type Library = (typeof libraries)[number];

/** Milliseconds in which a program has to be built, or has to start. */
const PATIENCE = 120_000;

/** @param folder where programs are built */
export async function buildPrograms(folder: string): Promise<Programs> {
  const source = (name: string) => `${checkout}chaos/clients/${name}`;
  const [c, go] = [source('look-up.c'), source('look-up.go')];
  const ways: Readonly<Record<Library, { readonly make: Command; readonly run: Command }>> = {
    glibc: { make: ['gcc', '-O1', '-o', `${folder}/glibc`, c], run: [`${folder}/glibc`] },
    musl: { make: ['musl-gcc', '-static', '-O1', '-o', `${folder}/musl`, c], run: [`${folder}/musl`] },
    go: { make: ['go', 'build', '-o', `${folder}/go-client`, go], run: [`${folder}/go-client`] },
    node: {
      make: [process.execPath, '--version'],
      run: [process.execPath, fileURLToPath(new URL('look-up-process.js', import.meta.url))],
    },
    dnspython: { make: [python, '-c', 'import dns.resolver'], run: [python, source('look-up.py')] },
    haproxy: { make: ['haproxy', '-v'], run: ['haproxy'] },
  };
  const found = new Map<Library, Command>();
  const missing: string[] = [];
  for (const library of libraries) {
    const { make, run } = ways[library];
    const [file, ...args] = make;
    await promisify(execFile)(file, args, { timeout: PATIENCE, env: surroundings(folder) }).then(
      () => found.set(library, run),
      () => missing.push(`${library} was left out: ${make.slice(0, 2).join(' ')} failed.`),
    );
  }
  return { found, missing };
}

// ---------------------------------------------------------------------------------------------------------------------

/** Debian's, which has Debian's packages. */
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

function surroundings(folder: string): NodeJS.ProcessEnv {
  const path = [process.env.PATH, '/usr/local/go/bin', '/usr/sbin'].filter(Boolean).join(':');
  // Go keeps what it has built in the home of its user.
  const home = process.env.HOME ?? folder;
  return { ...process.env, PATH: path, HOME: home, CGO_ENABLED: '0', GO111MODULE: 'off' };
}
