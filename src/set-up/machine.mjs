// machine — what this machine must have: Linux, Node.js, a C compiler; and, for tests, programs of other projects.

import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { say, step, stopUnless } from './process.mjs';

export function checkMachine() {
  stopUnless(
    process.platform === 'linux',
    'twindns runs on Linux alone: its sockets are Linux features. Use a Linux machine or VM.',
  );
  const [major] = process.versions.node.split('.');
  stopUnless(
    Number(major) >= 20,
    `Node.js is ${process.versions.node}, 20 or newer is needed. Install it from nodejs.org or your distribution.`,
  );
}

/** Called only when C is to be compiled. */
export function checkCompiler() {
  const install = 'On Debian and Ubuntu: apt-get install build-essential python3';
  stopUnless(['cc', 'gcc', 'clang'].some(inPath), `there is no C compiler (cc, gcc or clang). ${install}`);
  stopUnless(inPath('make'), `there is no make. ${install}`);
  stopUnless(inPath('python3'), `there is no python3, which node-gyp needs. ${install}`);
}

/** Programs that tests and benchmarks use, and the Debian packages that have them. */
const peers = {
  dnsperf: 'dnsperf',
  unbound: 'unbound',
  dig: 'bind9-dnsutils',
  kdig: 'knot-dnsutils',
  iptables: 'iptables',
  nft: 'nftables',
  ip: 'iproute2',
  strace: 'strace',
  unshare: 'util-linux',
  taskset: 'util-linux',
  valgrind: 'valgrind',
  clang: 'clang libclang-rt-dev', // with its libFuzzer
  nsd: 'nsd',
  dnsmasq: 'dnsmasq-base',
  kresd: 'knot-resolver',
  chromium: 'chromium',
  'linux.uml': 'user-mode-linux',
  modprobe: 'kmod',
  conntrack: 'conntrack',
  openssl: 'openssl',
};

/** @param programs those that are needed; all unless given */
export function installPeers(programs = Object.keys(peers)) {
  const needed = Object.fromEntries(programs.map((program) => [program, peers[program]]));
  return install('what you run needs', needed);
}

/** Called before `npm run arm64`: compilers for it, what runs its programs and its machines, and what fetches them. */
export function installEmulators() {
  return install('the emulation needs', {
    'aarch64-linux-gnu-gcc': 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross',
    'aarch64-linux-gnu-g++': 'g++-aarch64-linux-gnu',
    'qemu-aarch64': 'qemu-user',
    'qemu-system-aarch64': 'qemu-system-arm',
    cpio: 'cpio',
    'dpkg-deb': 'dpkg',
    pip3: 'python3-pip',
  });
}

/** Called before `npm run lint`, which itself installs nothing. */
export function installLinter() {
  return install('the linter needs', { 'clang-format': 'clang-format' });
}

// ---------------------------------------------------------------------------------------------------------------------

async function install(need, packageOf) {
  const missing = Object.keys(packageOf).filter((program) => !inPath(program));
  if (missing.length === 0) return;
  const packages = missing.flatMap((program) => packageOf[program].split(' '));
  stopUnless(
    process.getuid() === 0 && inPath('apt-get'),
    `${need} ${missing.join(', ')}. Install them as root; on Debian and Ubuntu: apt-get install ${packages.join(' ')}`,
  );
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  await withoutDaemons(async () => {
    await step('apt-get update', 'apt-get', ['update', '-q'], env);
    await step(
      `installing ${packages.join(', ')}`,
      'apt-get',
      ['install', '-yq', '--no-install-recommends', ...packages],
      env,
    );
  });
}

function inPath(program) {
  const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return places.some((place) => place !== '' && existsSync(join(place, program)));
}

/** Debian starts a daemon when its package is installed, unless this file says no (101). */
async function withoutDaemons(install) {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    process.once('exit', () => rmSync(policy, { force: true })); // also when a step fails
  } else {
    say(`${policy} is there already and decides whether daemons start`);
  }
  await install();
  if (ours) rmSync(policy, { force: true });
}
