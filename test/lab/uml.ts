// uml — another kernel to test on: user-mode Linux boots on this machine's files, runs one command as root and is killed.
//
// Its root is the machine's own file system, mounted read-only: what the command writes goes to memory and is gone with it.

import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout, Program } from './program.ts';

export interface Guest {
  /** Loaded before the command runs; what the kernel asks for later is loaded, too. */
  readonly modules?: readonly string[];
  /** How long the command may take; the boot before it takes about 3 s. */
  readonly timeoutMs?: number;
}

export interface GuestEnding {
  readonly status: number;
  /** Of both streams. */
  readonly output: string;
}

/** What nodes have that run kube-proxy or node-cache. */
export const nodeModules = [
  ...['ipv6', 'dummy', 'veth'],
  ...['ip_tables', 'iptable_raw', 'iptable_filter', 'iptable_nat'],
  ...['ip6_tables', 'ip6table_raw', 'ip6table_filter', 'ip6table_nat'],
  ...['nf_conntrack', 'xt_CT', 'xt_comment', 'xt_conntrack', 'xt_tcpudp', 'xt_multiport'],
] as const;

/** Milliseconds it has to boot, on a machine that is busy. */
const BOOT = 60_000;

/** @throws Error with all that was said when the boot fails or the command does not end in time */
export async function inUml(command: readonly string[], guest: Guest = {}): Promise<GuestEnding> {
  const { modules = nodeModules, timeoutMs = 90_000 } = guest;
  const folder = mkdtempSync(join(tmpdir(), 'twindns-uml-'));
  const mark = randomUUID();
  const init = join(folder, 'init');
  writeFileSync(init, initScript(command, modules, mark), { mode: 0o755 });
  const kernel = ['linux.uml', 'mem=1024M', 'rootfstype=hostfs', 'rootflags=/', 'ro', 'quiet'];
  const ends = ['con=null', 'con0=fd:0,fd:1', `uml_dir=${folder}`, `init=${init}`];
  // With TMPDIR in the environment its memory would be a file there instead of in /dev/shm.
  const env = { PATH: paths, HOME: folder };
  const program = new Program([...cage(BOOT + timeoutMs), ...kernel, ...ends], { env });
  try {
    await program.says(new RegExp(`${mark}\n`), BOOT);
    const whole = new RegExp(`${mark}\n([\\s\\S]*)${mark} (\\d+)\n`);
    const [, output, status] = await program.says(whole, timeoutMs);
    return { status: Number(status), output: output! };
  } finally {
    await program.kill();
    rmSync(folder, { recursive: true });
  }
}

// ---------------------------------------------------------------------------------------------------------------------

const paths = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The processes of the guest are processes here, which outlive its kernel and may spin: in a PID namespace of their own they
 * all die with its first process, which lives no longer than we do, and not for ever.
 */
function cage(timeoutMs: number): string[] {
  return [
    ...['setpriv', '--pdeathsig', 'KILL'],
    ...['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'],
    ...['timeout', '--signal', 'KILL', String(Math.ceil(timeoutMs / 1000) + 5)],
  ];
}

/** The end is told and then waited for: to halt takes a program few machines have, and a kernel without init panics. */
function initScript(command: readonly string[], modules: readonly string[], mark: string): string {
  return `#!/bin/sh
export PATH=${paths} HOME=/tmp TERM=dumb
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
${temporaryFolder()}
stty -opost
ip link set lo up
mkdir -p /run/modules/lib
ln -s /usr/lib/uml/modules /run/modules/lib/modules
printf '#!/bin/sh\\nexec modprobe -d /run/modules "$@"\\n' > /run/modprobe
chmod 755 /run/modprobe
echo /run/modprobe > /proc/sys/kernel/modprobe
for module in ${modules.map(quoted).join(' ')}; do /run/modprobe "$module"; done
cd ${quoted(checkout)}
echo ${mark}
${command.map(quoted).join(' ')} < /dev/null
echo "${mark} $?"
sleep infinity
`;
}

/** A checkout below /tmp stays to be seen. */
function temporaryFolder(): string {
  if (!checkout.startsWith('/tmp/')) return 'mount -t tmpfs tmpfs /tmp';
  const place = quoted(checkout);
  return `mkdir /run/checkout && mount --bind ${place} /run/checkout
mount -t tmpfs tmpfs /tmp
mkdir -p ${place} && mount --bind /run/checkout ${place}`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
