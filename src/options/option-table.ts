// option-table — what `twindns run` can be told; flags, environment, help, docs and checks all come from this table.

import { interfaceTypes, logFormats, logLevels, rulesKinds, slots } from '../config.ts';
import type { OptionType } from './option-types.ts';

export interface OptionRow {
  /** The flag without its dashes. */
  readonly name: string;
  readonly type: OptionType;
  /** What stands for the value in the help. */
  readonly placeholder: string;
  /** In the form a user would write it. */
  readonly default: string;
  /** Where the default in the help says more than the value. */
  readonly defaultText?: string;
  readonly choices?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly env: string;
  readonly group: OptionGroup;
  /** Whether a change takes effect while the instance runs. */
  readonly live: boolean;
  /** For the help; begins in lower case, no full stop. */
  readonly sentence: string;
}

export const optionGroups = ['What is served:', 'Where questions go:', 'The node:', 'Operation:'] as const;
export type OptionGroup = (typeof optionGroups)[number];

export const runOptions = [
  {
    name: 'listen',
    type: 'addresses',
    placeholder: 'ADDR,…',
    default: '127.0.0.1',
    env: 'TWINDNS_LISTEN',
    group: 'What is served:',
    live: false,
    sentence: 'addresses to answer on, IPv4 and IPv6, separated by commas',
  },
  {
    name: 'port',
    type: 'integer',
    placeholder: 'N',
    default: '53',
    min: 1,
    max: 65535,
    env: 'TWINDNS_PORT',
    group: 'What is served:',
    live: false,
    sentence: 'port to answer on, UDP and TCP',
  },
  {
    name: 'slot',
    type: 'slot',
    placeholder: 'SLOT',
    default: 'auto',
    choices: [...slots, 'auto'],
    env: 'TWINDNS_SLOT',
    group: 'What is served:',
    live: false,
    sentence: 'which of the two instances this is: primary, secondary, or auto for the one that is free',
  },
  {
    name: 'upstream',
    type: 'upstream',
    placeholder: 'ADDR[:PORT],…|FILE',
    default: '/etc/resolv.conf',
    env: 'TWINDNS_UPSTREAM',
    group: 'Where questions go:',
    live: true,
    sentence:
      'servers for everything outside the cluster, or a file in the form of resolv.conf, which is watched',
  },
  {
    name: 'cluster-domain',
    type: 'domain',
    placeholder: 'NAME',
    default: 'cluster.local',
    env: 'TWINDNS_CLUSTER_DOMAIN',
    group: 'Where questions go:',
    live: false,
    sentence: 'domain of the cluster; its names and the reverse zones go to --cluster-dns',
  },
  {
    name: 'cluster-dns',
    type: 'endpoints',
    placeholder: 'ADDR[:PORT],…',
    default: 'off',
    env: 'TWINDNS_CLUSTER_DNS',
    group: 'Where questions go:',
    live: false,
    sentence: 'servers of the cluster domain, asked over TCP; off sends its names to --upstream',
  },
  {
    name: 'leader',
    type: 'switch',
    placeholder: '',
    default: 'off',
    env: 'TWINDNS_LEADER',
    group: 'The node:',
    live: false,
    sentence: 'own the interface and the rules; the other instance goes on with that while this one is away',
  },
  {
    name: 'keep-interface',
    type: 'switch',
    placeholder: '',
    default: 'off',
    env: 'TWINDNS_KEEP_INTERFACE',
    group: 'The node:',
    live: false,
    sentence: 'leave the interface and the rules behind when the last instance ends',
  },
  {
    name: 'interface',
    type: 'interfaceName',
    placeholder: 'NAME',
    default: 'nodelocaldns',
    env: 'TWINDNS_INTERFACE',
    group: 'The node:',
    live: false,
    sentence: 'the interface that carries the addresses of --listen',
  },
  {
    name: 'interface-type',
    type: 'interfaceType',
    placeholder: 'TYPE',
    default: 'dummy',
    choices: interfaceTypes,
    env: 'TWINDNS_INTERFACE_TYPE',
    group: 'The node:',
    live: false,
    sentence:
      'dummy stays when both instances die, tun goes with them, none is for addresses set up by others',
  },
  {
    name: 'rules',
    type: 'rules',
    placeholder: 'KIND',
    default: 'iptables',
    choices: rulesKinds,
    env: 'TWINDNS_RULES',
    group: 'The node:',
    live: false,
    sentence:
      'what takes DNS past connection tracking: iptables as node-cache does, nftables that go when both instances die, or none',
  },
  {
    name: 'sync-interval',
    type: 'duration',
    placeholder: 'DURATION',
    default: '60s',
    min: 1000,
    max: 86_400_000,
    env: 'TWINDNS_SYNC_INTERVAL',
    group: 'The node:',
    live: false,
    sentence:
      'how often the interface and the rules are looked at and repaired, apart from when the kernel tells',
  },
  {
    name: 'cache-bytes',
    type: 'size',
    placeholder: 'SIZE',
    default: '32MiB',
    min: 1024 ** 2,
    max: 1024 ** 3,
    env: 'TWINDNS_CACHE_BYTES',
    group: 'Operation:',
    live: false,
    sentence: 'memory for cached answers, e.g. 64M',
  },
  {
    name: 'cache-ttl',
    type: 'duration',
    placeholder: 'DURATION',
    default: '30s',
    min: 1000,
    max: 86_400_000,
    env: 'TWINDNS_CACHE_TTL',
    group: 'Operation:',
    live: false,
    sentence:
      'longest time an answer is kept; that a name does not exist is kept 5s in the cluster, 30s elsewhere',
  },
  {
    name: 'admin',
    type: 'admin',
    placeholder: 'ADDR:PORT',
    default: 'auto',
    defaultText: '127.0.0.1:9253, secondary 127.0.0.1:9254',
    env: 'TWINDNS_ADMIN',
    group: 'Operation:',
    live: false,
    sentence: 'where /metrics, /health, /ready and /status are served over HTTP',
  },
  {
    name: 'drain-timeout',
    type: 'duration',
    placeholder: 'DURATION',
    default: '5s',
    min: 0,
    max: 600_000,
    env: 'TWINDNS_DRAIN_TIMEOUT',
    group: 'Operation:',
    live: false,
    sentence: 'longest wait for unanswered queries when told to stop',
  },
  {
    name: 'wait-for-twin',
    type: 'duration',
    placeholder: 'DURATION',
    default: '0s',
    min: 0,
    max: 600_000,
    env: 'TWINDNS_WAIT_FOR_TWIN',
    group: 'Operation:',
    live: false,
    sentence:
      'longest wait on SIGTERM for a twin that is away to be back, so that both may be replaced at once',
  },
  {
    name: 'log-level',
    type: 'logLevel',
    placeholder: 'LEVEL',
    default: 'info',
    choices: logLevels,
    env: 'TWINDNS_LOG_LEVEL',
    group: 'Operation:',
    live: false,
    sentence: 'least level that is logged: debug, info, warn or error',
  },
  {
    name: 'log-format',
    type: 'logFormat',
    placeholder: 'FORMAT',
    default: 'auto',
    defaultText: 'json unless on a terminal',
    choices: [...logFormats, 'auto'],
    env: 'TWINDNS_LOG_FORMAT',
    group: 'Operation:',
    live: false,
    sentence: 'form of the log lines: text or json',
  },
] as const satisfies readonly OptionRow[];

export type OptionName = (typeof runOptions)[number]['name'];
