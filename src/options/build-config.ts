// build-config — turns checked options into the Config of one instance.

import type { Config, Endpoint, Slot } from '../config.ts';
import { formatEndpoint } from '../config.ts';
import { TwindnsError } from '../errors.ts';
import { sameEndpoint } from './endpoint.ts';
import type { Options } from './options.ts';
import { parseSearch, RESOLV_CONF, upstreamsFrom } from './resolv-conf.ts';

export interface BuiltConfig {
  readonly config: Config;
  /** To be logged, one sentence each. */
  readonly warnings: readonly string[];
}

/** What the options leave open. */
export interface Surroundings {
  readonly slot: Slot;
  /** Whether the log goes to a terminal. */
  readonly terminal: boolean;
  readonly readFile: (path: string) => string | undefined;
}

/** @throws TwindnsError CONFIG_REFUSED if a server given by an option is ourselves */
export function buildConfig(options: Options, { slot, terminal, readFile }: Surroundings): BuiltConfig {
  const own = ownEndpoints(options);
  const corefile = options.corefile === 'off' ? undefined : options.corefile;
  const upstream = corefile === undefined ? options.upstream : { endpoints: [] };
  const clusterDns = corefile === undefined ? options['cluster-dns'] : [];
  refuseLoops('--upstream', 'endpoints' in upstream ? upstream.endpoints : [], own);
  refuseLoops('--cluster-dns', clusterDns, own);
  const found =
    'file' in upstream
      ? upstreamsFrom(upstream.file, readFile(upstream.file), own)
      : { endpoints: upstream.endpoints, warnings: [] };
  const config: Config = {
    ...whereOf(options),
    listeners: own,
    slot,
    corefile,
    configuration: '',
    pillarClusterDns: corefile === undefined ? [] : options['cluster-dns'].map(({ address }) => address),
    kubeDnsConfig: options['kube-dns-config'],
    upstreams: found.endpoints,
    upstreamFile: 'file' in upstream ? upstream.file : undefined,
    clusterDomain: options['cluster-domain'],
    clusterDns,
    udpSize: options['udp-size'],
    autopath: options.autopath
      ? parseSearch(readFile('file' in upstream ? upstream.file : RESOLV_CONF) ?? '')
      : undefined,
    requireClusterDns: options['require-cluster-dns'],
    cacheBytes: options['cache-bytes'],
    cacheTtl: options['cache-ttl'],
    admin: adminOf(options.admin, slot),
    health: options.health === 'off' ? undefined : options.health,
    metrics: options.metrics === 'off' ? undefined : options.metrics,
    pidFile: options['pid-file'] === 'off' ? undefined : options['pid-file'],
    leader: options.leader,
    keepInterface: options['keep-interface'],
    interface: { name: options.interface, type: options['interface-type'] },
    rules: options.rules,
    syncInterval: options['sync-interval'],
    drainTimeout: options['drain-timeout'],
    waitForTwin: options['wait-for-twin'],
    logLevel: options['log-level'],
    logFormat: options['log-format'] === 'auto' ? (terminal ? 'text' : 'json') : options['log-format'],
  };
  const warnings = [...found.warnings];
  if (corefile === undefined && found.endpoints.length === 0)
    warnings.push('--upstream comes to no server: names that are not for --cluster-dns get SERVFAIL.');
  if (options.autopath && corefile === undefined && clusterDns.length === 0)
    warnings.push('--autopath does nothing without --cluster-dns.');
  return { config, warnings };
}

/** What tells this pair from others. */
export function whereOf(options: Pick<Options, 'listen' | 'port' | 'channel-directory'>) {
  const { listen, port, 'channel-directory': directory } = options;
  return { listen, port, channelDirectory: directory === 'auto' ? undefined : directory };
}

/** Where instances are that were not told otherwise; each slot has a port of its own. */
export const defaultAdmin: Readonly<Record<Slot, Endpoint>> = {
  primary: { address: '127.0.0.1', port: 9253 },
  secondary: { address: '127.0.0.1', port: 9254 },
};

/** Undefined where there is none. */
export function adminOf(admin: Options['admin'], slot: Slot): Endpoint | undefined {
  if (admin === 'off') return undefined;
  return admin === 'auto' ? defaultAdmin[slot] : admin;
}

export function ownEndpoints({ listen, port }: Pick<Config, 'listen' | 'port'>): readonly Endpoint[] {
  return listen.map((address) => ({ address, port }));
}

// ---------------------------------------------------------------------------------------------------------------------

function refuseLoops(flag: string, servers: readonly Endpoint[], own: readonly Endpoint[]): void {
  const loop = servers.find((server) => own.some((ours) => sameEndpoint(ours, server)));
  if (loop === undefined) return;
  throw new TwindnsError(
    'CONFIG_REFUSED',
    `${flag} names ${formatEndpoint(loop)}, where twindns itself is to listen: it would ask itself. Give another server.`,
  );
}
