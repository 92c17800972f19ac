// recipes — how one process of each subject is started.

import { mkdirSync, writeFileSync } from 'node:fs';
import type { Slot } from '../../src/config.ts';
import { heapFlags } from '../../src/heap.ts';
import type { Subject } from '../report/outcome.ts';
import { corefileOf, writeCorefile } from './corefile.ts';
import { type Edition, programOf } from './editions.ts';
import type { Recipe } from './member.ts';

export interface Place {
  readonly port: number;
  /** Another one, for a pair that serves two. */
  readonly second: number;
  /** Of four neighbours: where the slots tell about themselves, and where they are probed. */
  readonly admin: number;
  /** Ports of the upstreams; the first is the cluster DNS, too. */
  readonly upstreams: readonly number[];
  /** Of both slots, for a pair that is started by it and not by flags. */
  readonly corefile: string | undefined;
  /** A temporary folder of the subject. */
  readonly folder: string;
}

/** What a scenario wants to be different about an instance. */
export interface Changes {
  /** Modules of faults/ that are loaded into it. */
  readonly faults?: readonly string[];
  /** System calls of it can be made to fail, see `failing` of the stage. */
  readonly failingCalls?: true;
  /** The program as it is, unless given. */
  readonly edition?: Edition;
  readonly flags?: readonly string[];
  /** The address served instead of loopback's; the primary is the leader and makes it. */
  readonly nodeAddress?: string;
  /** It stands by itself, as on a dummy interface that stays, which not every kernel has: the pair makes no interface. */
  readonly standing?: true;
  /** How many servers are upstream; 1 unless given. */
  readonly upstreams?: number;
  /** The port served; a free port unless given. */
  readonly port?: number;
  /** It serves another port, too, and has a Corefile for that. */
  readonly secondPort?: true;
  /** It is started by a Corefile that answers some names itself. */
  readonly corefile?: true;
}

export function recipeOf(subject: Subject, slot: Slot, place: Place, changes: Changes): Recipe {
  return subject === 'unbound' ? unbound(slot, place) : twindns(subject, slot, place, changes);
}

/** The file that programs of iptables lock in the namespace of the suite. */
export function lockOf(folder: string): string {
  return `${folder}/xtables.lock`;
}

// ---------------------------------------------------------------------------------------------------------------------

const loopback = '127.0.0.1';

function twindns(
  subject: Subject,
  slot: Slot,
  place: Place,
  { faults = [], edition, flags = [], nodeAddress, secondPort }: Changes,
) {
  const imports = faults.map((name) => `--import=${new URL(`../faults/${name}.js`, import.meta.url).href}`);
  const admin = slot === 'primary' ? place.admin : place.admin + 1;
  const listen = nodeAddress ?? loopback;
  const ownCorefile = corefileOf(place.folder, slot);
  const corefile = secondPort ? ownCorefile : place.corefile;
  if (secondPort) writeCorefile(ownCorefile, [place.port, place.second], place.upstreams, listen);
  const command = [
    ...[process.execPath, ...heapFlags, ...imports, programOf(edition, place.folder), 'run'],
    ...[`--slot=${slot}`, `--listen=${listen}`, `--port=${place.port}`],
    ...[
      `--admin=${loopback}:${admin}`,
      `--health=${loopback}:${admin + 2}`,
      ...(nodeAddress !== undefined && slot === 'primary' ? ['--leader'] : []),
    ],
    ...(corefile !== undefined
      ? [`--corefile=${corefile}`]
      : [
          `--upstream=${place.upstreams.map((port) => `127.0.0.1:${port}`).join()}`,
          `--cluster-dns=127.0.0.1:${place.upstreams[0]}`,
        ]),
    ...['--log-format=json', ...(subject === 'no-custody' ? ['--no-custody'] : []), ...flags],
  ];
  // Programs of iptables share a lock with those of the whole machine, unless they are given another.
  const environment = nodeAddress === undefined ? {} : { XTABLES_LOCKFILE: lockOf(place.folder) };
  return { command, folder: place.folder, environment, ready: undefined };
}

function unbound(slot: Slot, { port, upstreams, folder: parent }: Place): Recipe {
  const folder = `${parent}/unbound-${slot}`;
  const file = `${folder}/unbound.conf`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    file,
    `server:
  num-threads: 1
  interface: 127.0.0.1
  port: ${port}
  do-ip6: no
  access-control: 127.0.0.0/8 allow
  access-control: 10.77.0.0/16 allow
  do-not-query-localhost: no
  module-config: "iterator"
  so-reuseport: yes
  so-rcvbuf: 4m
  so-sndbuf: 4m
  outgoing-range: 2048
  num-queries-per-thread: 2048
  incoming-num-tcp: 512
  outgoing-num-tcp: 64
  do-daemonize: no
  chroot: ""
  username: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  verbosity: 1
remote-control:
  control-enable: no
forward-zone:
  name: "."
${upstreams.map((one) => `  forward-addr: 127.0.0.1@${one}\n`).join('')}`,
  );
  return { command: ['unbound', '-d', '-c', file], folder, ready: /start of service/ };
}
