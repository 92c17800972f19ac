// config — what one instance was told, after the option table has checked it.

export const slots = ['primary', 'secondary'] as const;
export type Slot = (typeof slots)[number];

export function otherSlot(slot: Slot): Slot {
  return slot === 'primary' ? 'secondary' : 'primary';
}

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export const logFormats = ['text', 'json'] as const;
export type LogFormat = (typeof logFormats)[number];

export const interfaceTypes = ['dummy', 'tun', 'none'] as const;
export type InterfaceType = (typeof interfaceTypes)[number];

export const rulesKinds = ['iptables', 'nftables', 'none'] as const;
export type RulesKind = (typeof rulesKinds)[number];

/** An IP address without brackets and a port; a link-local one of a server has its zone: fe80::1%eth0. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Everything `twindns run` needs; durations in milliseconds, sizes in bytes. */
export interface Config {
  /** The addresses of --listen and the port of --port: by these, whatever is served, a pair knows its own from others. */
  readonly listen: readonly string[];
  readonly port: number;
  /** What is served when it starts, over UDP and TCP; each once. */
  readonly listeners: readonly Endpoint[];
  readonly slot: Slot;
  /** In place of upstreams, clusterDns and cacheTtl; undefined: they say what is served. */
  readonly corefile: string | undefined;
  /** What it says when the instance starts, as digits that are the same for files that say the same; '' without one. */
  readonly configuration: string;
  /** What its placeholder for the cluster DNS stands for, where a flag says it. */
  readonly pillarClusterDns: readonly string[];
  /** Where the ConfigMap kube-dns is mounted. */
  readonly kubeDnsConfig: string;
  /** Servers for everything outside the cluster; empty means such questions get SERVFAIL. */
  readonly upstreams: readonly Endpoint[];
  /** The resolv.conf the upstreams were read from and are re-read from, if they came from a file. */
  readonly upstreamFile: string | undefined;
  /** Presentation form without a trailing dot, e.g. `cluster.local`. */
  readonly clusterDomain: string;
  /** Servers for the cluster domain and the reverse zones; empty means they go to `upstreams`. */
  readonly clusterDns: readonly Endpoint[];
  /** The longest answer over UDP, however much a client takes. */
  readonly udpSize: number;
  /** Search domains of pods behind those of the cluster; undefined: their lists are left to them. */
  readonly autopath: readonly string[] | undefined;
  /** Whether nothing is captured before they have answered, unless a twin serves. */
  readonly requireClusterDns: boolean;
  readonly cacheBytes: number;
  /** Longest time a positive answer is kept; at least a second. */
  readonly cacheTtl: number;
  /** Undefined: it serves no HTTP port but that of `health`, and those of a Corefile. */
  readonly admin: Endpoint | undefined;
  /** A port for probes alone, if there is to be one. */
  readonly health: Endpoint | undefined;
  /** A port for metrics that both instances have, if there is to be one. */
  readonly metrics: Endpoint | undefined;
  /** Where its number is written, if anywhere. */
  readonly pidFile: string | undefined;
  /** Whether this instance is to own the interface and the rules. */
  readonly leader: boolean;
  /** Whether they are left behind when the last instance ends. */
  readonly keepInterface: boolean;
  readonly interface: { readonly name: string; readonly type: InterfaceType };
  readonly rules: RulesKind;
  /** Between two looks at the interface and the rules. */
  readonly syncInterval: number;
  /** Where twins meet; undefined: where our user is to look for it. */
  readonly channelDirectory: string | undefined;
  readonly drainTimeout: number;
  /** How long a twin that is away is waited for before SIGTERM is obeyed. */
  readonly waitForTwin: number;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

/** `192.0.2.1:53`, or `[2001:db8::1]:53`. */
export function formatEndpoint({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
