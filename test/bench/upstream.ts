// upstream — one real authoritative server, nsd, that every contestant forwards to.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstAnswer } from './first-answer.ts';
import { freePort } from './ports.ts';
import { type Running, start, which } from './processes.ts';
import { zone, zoneFile } from './queries.ts';

export interface Upstream {
  readonly port: number;
  /** The processes there are now: nsd's first one only watches over those that answer, and those change when it is asked. */
  pids(): readonly number[];
  /** How many questions it was asked so far, as it says itself. */
  asked(): number;
}

export async function startUpstream(
  parent: string,
  core: number,
  names: number,
  children: (pid: number) => number[],
): Promise<Upstream> {
  const program = which('nsd');
  if (program === undefined)
    throw new Error('The upstream of the bench is missing: install the package nsd.');
  const folder = join(parent, 'nsd');
  mkdirSync(folder);
  const port = await freePort();
  writeFileSync(join(folder, 'zone'), zoneFile(names));
  writeFileSync(join(folder, 'nsd.conf'), nsdConfig(folder, port));
  const nsd: Running = start([program, '-d', '-c', join(folder, 'nsd.conf')], core, join(folder, 'log'));
  const deadline = performance.now() + 30_000;
  await firstAnswer(port, () => {
    if (!nsd.alive()) return `nsd ended at once: ${nsd.log()}`;
    return performance.now() > deadline ? `nsd does not answer: ${nsd.log()}` : undefined;
  });
  const family = (pid: number): number[] => [pid, ...children(pid).flatMap(family)];
  return { port, pids: () => family(nsd.pid), asked: () => askedOf(join(folder, 'nsd.conf')) };
}

/** Rate limiting off: Debian's nsd would otherwise drop most of what one address asks. */
export function nsdConfig(folder: string, port: number): string {
  return `server:
  ip-address: 127.0.0.1@${port}
  server-count: 1
  do-ip6: no
  reuseport: no
  minimal-responses: yes
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
  receive-buffer-size: 4194304
  send-buffer-size: 4194304
  tcp-count: 200
  username: ""
  chroot: ""
  database: ""
  pidfile: "${folder}/pid"
  zonelistfile: "${folder}/zone.list"
  xfrdfile: "${folder}/xfrd.state"
  xfrdir: "${folder}"
  verbosity: 0
remote-control:
  control-enable: yes
  control-interface: "${folder}/control"
zone:
  name: "${zone}"
  zonefile: "${folder}/zone"
`;
}

function askedOf(config: string): number {
  const control = which('nsd-control');
  if (control === undefined) throw new Error('nsd-control is missing: install the package nsd.');
  const { stdout, stderr } = spawnSync(control, ['-c', config, 'stats_noreset'], { encoding: 'utf8' });
  const asked = /^num\.queries=(\d+)$/m.exec(stdout)?.[1];
  if (asked === undefined) throw new Error(`nsd does not say what it was asked: ${stderr || stdout}`);
  return Number(asked);
}
