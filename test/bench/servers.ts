// servers — how each contestant is configured: one thread, a big cache, no logs, no validation, no prefetch but that of twindns.
// All of them give the same answer: the upstream sends minimal responses, so nobody has anything to leave out.

import type { ServerId } from './figures.ts';

export interface Setting {
  readonly program: string;
  readonly port: number;
  readonly admin: number;
  readonly upstream: number;
  readonly folder: string;
  /** How many names the cache must hold; undefined takes what the server does by default, where it suffices. */
  readonly cacheNames: number | undefined;
}

export interface Recipe {
  /** One a process. */
  readonly commands: readonly (readonly string[])[];
  readonly files: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
}

interface Server {
  /** What PATH calls it; undefined is built here. */
  readonly program: string | undefined;
  readonly debian: string | undefined;
  /** What to do where Debian has no package of it. */
  readonly otherwise?: string;
  recipe(setting: Setting): Recipe;
}

export const servers: Readonly<Record<ServerId, Server>> = {
  floor: {
    program: undefined,
    debian: undefined,
    recipe: ({ program, port }) => plain([program, '127.0.0.1', String(port)]),
  },
  twindns: {
    program: undefined,
    debian: undefined,
    recipe: (setting) => plain(instance(setting, 'primary')),
  },
  pair: {
    program: undefined,
    debian: undefined,
    recipe: (setting) => ({
      ...plain([]),
      commands: [instance(setting, 'primary'), instance(setting, 'secondary')],
    }),
  },
  unbound: { program: 'unbound', debian: 'unbound', recipe: unbound },
  dnsmasq: { program: 'dnsmasq', debian: 'dnsmasq-base', recipe: dnsmasq },
  kresd: { program: 'kresd', debian: 'knot-resolver', recipe: kresd },
  coredns: {
    program: 'coredns',
    debian: undefined,
    otherwise: 'set COREDNS to the path of its program',
    recipe: coredns,
  },
};

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function plain(
  command: readonly string[],
  files: Readonly<Record<string, string>> = {},
  environment: Readonly<Record<string, string>> = {},
): Recipe {
  return { commands: [command], files, environment };
}

/** A secondary has its admin port at another address. */
function instance(
  { program, port, admin, upstream, folder, cacheNames }: Setting,
  slot: 'primary' | 'secondary',
): string[] {
  const adminAddress = slot === 'primary' ? '127.0.0.1' : '127.0.0.2';
  return [
    program, // as a program, so that its own first line sets the heap's flags
    'run',
    ...['--listen', '127.0.0.1', '--port', String(port), '--slot', slot],
    ...['--channel-directory', `${folder}/channel`],
    ...['--admin', `${adminAddress}:${admin}`, '--upstream', `127.0.0.1:${upstream}`],
    ...['--cluster-domain', 'cluster.local', '--log-level', 'warn'],
    // The default of 30 s would make it ask again during the run; the others keep the zone's TTL.
    ...(cacheNames === undefined ? [] : ['--cache-bytes', '256MiB', '--cache-ttl', '3600s']),
  ];
}

function unbound({ program, port, upstream, folder }: Setting): Recipe {
  const file = `${folder}/unbound.conf`;
  const config = `server:
  num-threads: 1
  interface: 127.0.0.1
  port: ${port}
  do-ip6: no
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  module-config: "iterator"
  so-reuseport: yes
  so-rcvbuf: 4m
  so-sndbuf: 4m
  msg-cache-size: 128m
  rrset-cache-size: 256m
  msg-cache-slabs: 1
  rrset-cache-slabs: 1
  infra-cache-slabs: 1
  key-cache-slabs: 1
  outgoing-range: 4096
  num-queries-per-thread: 4096
  incoming-num-tcp: 64
  prefetch: no
  serve-expired: no
  do-daemonize: no
  chroot: ""
  username: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  verbosity: 0
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${upstream}
`;
  return plain([program, '-d', '-c', file], { [file]: config });
}

function dnsmasq({ program, port, upstream, cacheNames }: Setting): Recipe {
  return plain([
    ...[
      program,
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--pid-file=',
      '--user=root',
      '--group=root',
    ],
    ...[`--port=${port}`, '--listen-address=127.0.0.1', '--bind-interfaces', '--no-resolv', '--no-hosts'],
    ...[`--server=127.0.0.1#${upstream}`, `--cache-size=${cacheNames ?? 20_000}`, '--dns-forward-max=4096'],
  ]);
}

function kresd({ program, port, upstream, folder }: Setting): Recipe {
  const file = `${folder}/kresd.conf`;
  const config = `net.ipv6 = false
net.listen('127.0.0.1', ${port}, { kind = 'dns' })
modules.unload('ta_update')
modules.unload('ta_signal_query')
modules.unload('priming')
trust_anchors.remove('.')
cache.size = 256 * MB
policy.add(policy.all(policy.STUB('127.0.0.1@${upstream}')))
`;
  return plain([program, '-n', '-q', '-c', file, folder], { [file]: config });
}

function coredns({ program, port, upstream, folder, cacheNames }: Setting): Recipe {
  const file = `${folder}/Corefile`;
  const config = `.:${port} {
  bind 127.0.0.1
  cache 86400 {
    success ${cacheNames ?? 20_000}
  }
  forward . 127.0.0.1:${upstream}
}
`;
  return plain([program, '-conf', file], { [file]: config }, { GOMAXPROCS: '1' });
}
