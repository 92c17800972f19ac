// guest — what the emulated machine boots: a file system in memory with busybox, Node.js, the addon and twindns, and a script that
// runs in place of init and tells on the console what becomes of each command.
//
//     MARK begin NAME                 the command is run
//     …                               what it prints
//     MARK end NAME STATUS

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../repository/files.ts';
import type { Downloads } from './downloads.ts';
import { run } from './run.ts';
import { installed } from './unit-tests.ts';

/** In front of what the script tells; nothing else on the console begins so. */
export const MARK = '::twindns::';

export interface Command {
  /** Without blanks. */
  readonly name: string;
  /** For a shell, typed in the folder of twindns. */
  readonly text: string;
}

const libraries = [
  ...['ld-linux-aarch64.so.1', 'libc.so.6', 'libm.so.6', 'libdl.so.2', 'libpthread.so.0', 'librt.so.1'],
  ...['libstdc++.so.6', 'libgcc_s.so.1'],
];

/** @returns the path of the file that the kernel is given */
export async function makeGuest(
  folder: string,
  addon: string,
  pausing: string,
  from: Downloads,
  commands: readonly Command[],
): Promise<string> {
  const guest = join(folder, 'guest');
  rmSync(guest, { recursive: true, force: true });
  for (const place of ['bin', 'lib', 'proc', 'sys', 'dev', 'tmp', 'run'])
    mkdirSync(join(guest, place), { recursive: true });
  cpSync(join(from.root, 'bin/busybox'), join(guest, 'bin/busybox'));
  cpSync(from.node, join(guest, 'bin/node'));
  for (const name of libraries) {
    const found = ['lib/aarch64-linux-gnu', 'usr/lib/aarch64-linux-gnu']
      .map((place) => join(from.root, place, name))
      .find((path) => existsSync(path));
    if (found === undefined) throw new Error(`there is no ${name} in ${from.root}`);
    cpSync(found, join(guest, 'lib', name), { dereference: true });
  }
  makeCheckout(join(guest, 'twindns'), addon);
  cpSync(pausing, join(guest, 'pausing.node'));
  writeFileSync(join(guest, 'init'), initScript(commands), { mode: 0o755 });
  const image = join(folder, 'guest.cpio');
  await run('sh', ['-c', `find . | cpio --quiet -o -H newc > '${image}'`], { cwd: guest });
  return image;
}

// ---------------------------------------------------------------------------------------------------------------------

/** As much of the checkout as the chaos suite needs. */
function makeCheckout(place: string, addon: string): void {
  const reuseport = installed(place, addon);
  cpSync(join(root, 'package.json'), join(place, 'package.json'));
  for (const part of ['src', 'ha', 'chaos', 'bundle'])
    cpSync(join(root, 'dist', part), join(place, 'dist', part), { recursive: true });
  rmSync(join(place, 'dist/bundle/prebuilds'), { recursive: true, force: true });
  cpSync(join(reuseport, 'prebuilds'), join(place, 'dist/bundle/prebuilds'), { recursive: true });
  for (const name of dependenciesOf(root, new Set()))
    cpSync(join(root, 'node_modules', name), join(place, 'node_modules', name), { recursive: true });
}

/** Names of the packages it needs at run time, and of those that they need. */
function dependenciesOf(folder: string, known: Set<string>): Set<string> {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) {
    if (known.has(name) || name === 'node-reuseport') continue;
    known.add(name);
    dependenciesOf(join(root, 'node_modules', name), known);
  }
  return known;
}

function initScript(commands: readonly Command[]): string {
  return `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp TERM=dumb
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
stty -opost
ip link set lo up
cd /twindns
${commands
  .map(({ name, text }) => `echo "${MARK} begin ${name}"\n${text} < /dev/null\necho "${MARK} end ${name} $?"`)
  .join('\n')}
poweroff -f
`;
}
