// unit-tests — tests of node-reuseport for arm64: which of them, and how they are run where each system call is translated.

import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../repository/files.ts';
import type { Downloads } from './downloads.ts';
import { run, say } from './run.ts';

/** Those that are content with the system calls that qemu translates. */
export const translated = [
  ...['arguments', 'channel', 'fence', 'memory', 'peeking', 'poller', 'receiving', 'records', 'replying'],
  ...['telling', 'waiting'],
] as const;

/** Those that ask a kernel for more, such as what TCP has counted; and those of what the architecture has its own way to do. */
export const inMachine = ['fence', 'stopped', 'adoption', 'streams', 'written'] as const;

/** Prints whether a fence is exact. */
export const exactness = `
  import { Arena, Fence, HEAD_USER } from 'node-reuseport';
  console.log(new Fence(new Arena({ ring: 1 }).fd, HEAD_USER).isExact);`;

/** A folder with the package as it would be installed, its tests beside. @returns where the package is */
export function installed(folder: string, addon: string): string {
  const place = join(folder, 'node-reuseport');
  const prebuilt = join(place, 'prebuilds/linux-arm64');
  mkdirSync(prebuilt, { recursive: true });
  for (const part of ['package.json', 'index.js', 'test'])
    cpSync(join(root, 'node-reuseport', part), join(place, part), { recursive: true });
  cpSync(addon, join(prebuilt, 'node_reuseport.node'));
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  symlinkSync('../node-reuseport', join(folder, 'node_modules/node-reuseport'));
  return place;
}

/**
 * Runs them with qemu-user: instructions of arm64, system calls of this kernel. Restartable sequences it has none, so a fence
 * has to say that it only looks.
 * @returns sentences: what did not hold
 */
export async function runTranslated(folder: string, addon: string, from: Downloads): Promise<string[]> {
  rmSync(folder, { recursive: true, force: true });
  const place = installed(folder, addon);
  const node = emulated(folder, from);
  const faults: string[] = [];
  const exact = await run(node, ['--input-type=module', '-e', exactness], { cwd: place });
  if (exact.trim() !== 'false')
    faults.push('A fence calls itself exact where there are no restartable sequences.');
  for (const test of translated) {
    say(`${test}.test.mjs, translated …`);
    await run(node, [`test/${test}.test.mjs`], { cwd: place }).catch((error: Error) => {
      faults.push(`${test}.test.mjs, translated: ${error.message}`);
    });
  }
  return faults;
}

// ---------------------------------------------------------------------------------------------------------------------

/** A Node.js for arm64 that starts others of its kind: this kernel runs programs of its own architecture alone. */
function emulated(folder: string, { root: libraries, node }: Downloads): string {
  const program = join(folder, 'node');
  const named = join(folder, 'named.mjs');
  writeFileSync(named, `process.execPath = ${JSON.stringify(program)};\n`);
  writeFileSync(
    program,
    `#!/bin/sh\nexec qemu-aarch64 -L '${libraries}' '${node}' --import '${named}' "$@"\n`,
    {
      mode: 0o755,
    },
  );
  return program;
}
