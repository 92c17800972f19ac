// socket-match — what it costs that the rules take a packet past tracking only when a socket would take it: the way of a datagram
// from a pod to the queue of a socket, with the match and without, in turns; for root, in network namespaces of its own.

import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { bindUdp, close } from 'node-reuseport';
import { wantedRows } from '../../ha/node/rule-set.ts';
import { compileTools, repository } from './tools.ts';

const ADDRESS = '10.96.0.10';
const COUNT = '50000';
const rounds = Number(process.argv[2] ?? 15);
const INSIDE = 'TWINDNS_BENCH_NAMESPACE';
const variants = ['iptables-nft', 'iptables-legacy', 'nftables'] as const;
type Variant = (typeof variants)[number];

if (process.env[INSIDE] === undefined) {
  const up = ['--net', '--', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
  execFileSync('unshare', [...up, process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: {
      ...process.env,
      [INSIDE]: '1',
      XTABLES_LOCKFILE: join('/tmp', `twindns-bench-${process.pid}.lock`),
    },
  });
} else {
  measure(compileTools(repository()).sends);
}

// ---------------------------------------------------------------------------------------------------------------------

function measure(sends: string): void {
  const pod = spawn('unshare', ['--net', 'sleep', '3600'], { stdio: 'ignore' });
  const sockets: number[] = [];
  try {
    run('sleep', '0.3'); // until it has its namespace
    cable(pod.pid!);
    for (let i = 0; i < 2; i++) sockets.push(bindUdp({ address: ADDRESS, port: 53 }));
    const taken: Record<string, number[]> = {};
    for (let round = 0; round < rounds; round++)
      for (const variant of variants)
        for (const matched of [false, true]) {
          setRules(variant, matched);
          const ns = Number(run('nsenter', `--target=${pod.pid}`, '--net', sends, ADDRESS, '53', COUNT));
          removeRules(variant);
          taken[`${variant} ${matched}`] = [...(taken[`${variant} ${matched}`] ?? []), ns];
        }
    for (const variant of variants) {
      const [without, match] = [taken[`${variant} false`]!, taken[`${variant} true`]!];
      const ratio = median(match.map((ns, round) => ns / without[round]!));
      process.stdout.write(
        `${variant}: ${median(without).toFixed(0)} ns a packet without the match, ${median(match).toFixed(0)} with it, ratio ${ratio.toFixed(3)}\n`,
      );
    }
  } finally {
    sockets.forEach(close);
    pod.kill('SIGKILL');
  }
}

function setRules(variant: Variant, sockets: boolean): void {
  const served = { addresses: [ADDRESS], port: 53, healthPorts: [] };
  const specs = wantedRows(served, { sockets }).flatMap(({ table, chain, spec }) =>
    table === 'raw' ? [[chain, spec]] : [],
  );
  if (variant !== 'nftables') {
    const lines = ['*raw', ...specs.map(([chain, spec]) => `-A ${chain} ${spec}`), 'COMMIT', ''];
    return void run(`${variant}-restore`, { input: lines.join('\n') });
  }
  const match = sockets ? 'socket transparent 0 ' : '';
  const lines = [
    'add table inet bench',
    'add chain inet bench prerouting { type filter hook prerouting priority -300; }',
    ...['udp', 'tcp'].map(
      (name) => `add rule inet bench prerouting ip daddr ${ADDRESS} ${name} dport 53 ${match}notrack`,
    ),
  ];
  run('nft', '-f', '-', { input: lines.join('\n') });
}

function removeRules(variant: Variant): void {
  if (variant === 'nftables') run('nft', 'delete', 'table', 'inet', 'bench');
  else run(`${variant}-restore`, { input: '*raw\nCOMMIT\n' });
}

function cable(pid: number): void {
  const inside = (...args: string[]) => run('nsenter', `--target=${pid}`, '--net', 'ip', ...args);
  run('ip', 'link', 'add', 'pod', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid));
  run('ip', 'address', 'add', '10.88.1.1/24', 'dev', 'pod');
  run('ip', 'link', 'set', 'pod', 'up');
  run('ip', 'address', 'add', ADDRESS, 'dev', 'lo');
  inside('address', 'add', '10.88.1.2/24', 'dev', 'eth0');
  inside('link', 'set', 'eth0', 'up');
  inside('route', 'add', 'default', 'via', '10.88.1.1');
  // Nothing is tracked in a network where no rule asks for it.
  run('iptables-nft', '-t', 'nat', '-A', 'PREROUTING', '-d', '10.99.0.1', '-j', 'ACCEPT');
}

function run(file: string, ...words: readonly (string | { readonly input: string })[]): string {
  const args = words.filter((word) => typeof word === 'string');
  const input = words.find((word) => typeof word !== 'string')?.input ?? '';
  return execFileSync(file, args, { encoding: 'utf8', input });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
