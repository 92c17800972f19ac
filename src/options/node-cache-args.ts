// node-cache-args — the arguments of node-cache and of CoreDNS, as DaemonSets have them today, as flags of ours: with another image
// they need no other word. Written as Go takes them: one dash or two, `-flag value` or `-flag=value`, switches without a value.

import { existsSync } from 'node:fs';
import type { Environment } from '../corefile/environment.ts';
import { TwindnsError } from '../errors.ts';

export interface TakenArgs {
  /** Behind `twindns`. */
  readonly args: readonly string[];
  /** What was given and does nothing here, a sentence each. */
  readonly remarks: readonly string[];
}

/** What becomes of a flag's value. */
type Translation = (value: string, context: Context) => readonly string[];

interface Context {
  readonly env: Environment;
  readonly exists: (path: string) => boolean;
  /** All that was given. */
  readonly given: ReadonlyMap<string, string>;
  readonly remark: (sentence: string) => void;
}

/**
 * Undefined where they are none of theirs: a command of ours comes first, or a flag that they do not have.
 * @throws TwindnsError USAGE for a value that they would not take either
 */
export function takeNodeCacheArgs(
  argv: readonly string[],
  env: Environment,
  exists: (path: string) => boolean = existsSync,
): TakenArgs | undefined {
  const given = readGoFlags(argv);
  if (given === undefined) return undefined;
  if (given.has('version')) return { args: ['--version'], remarks: [] };
  const remarks: string[] = [];
  const context = { env, exists, given, remark: (sentence: string) => remarks.push(sentence) };
  const flags = [...given].flatMap(([name, value]) => translations[name]!(value, context));
  // node-cache opens that port without being told to.
  if (given.has('localip') && !given.has('metrics-listen-address')) flags.push(`--metrics=${METRICS}`);
  const leads =
    switchOf(given, 'setupinterface', given.has('localip')) ||
    switchOf(given, 'setupiptables', given.has('localip'));
  return { args: ['run', ...flags, ...(leads ? ['--leader'] : [])], remarks };
}

// ---------------------------------------------------------------------------------------------------------------------

/** Switches of theirs: what follows one is its value only behind an equals sign. */
const switches: ReadonlySet<string> = new Set([
  'setupinterface',
  'setupiptables',
  'skipteardown',
  'reloadwithsignal',
  'quiet',
  'plugins',
  'version',
  'logtostderr',
  'alsologtostderr',
]);

function nothing(remark?: string): Translation {
  return (_value, context) => {
    if (remark !== undefined) context.remark(remark);
    return [];
  };
}

const translations: Readonly<Record<string, Translation>> = {
  localip: (value) => [`--listen=${value}`],
  conf: (value, { given, exists }) => [`--corefile=${templateOf(given, exists) ?? value}`],
  basecorefile: (value, { given, exists }) =>
    given.has('conf') || !exists(value) ? [] : [`--corefile=${value}`],
  corefile: nothing('-corefile does nothing in node-cache either: -conf says which file.'),
  setupinterface: (value) => (isOn('setupinterface', value) ? [] : ['--interface-type=none']),
  interfacename: (value) => [`--interface=${value}`],
  setupiptables: (value) => (isOn('setupiptables', value) ? [] : ['--rules=none']),
  skipteardown: (value) => (isOn('skipteardown', value) ? ['--keep-interface'] : []),
  syncinterval: (value) => [`--sync-interval=${seconds(value)}s`],
  upstreamsvc(value, { env, remark }) {
    const variable = `${value.toUpperCase().replaceAll('-', '_')}_SERVICE_HOST`;
    const address = env[variable];
    if (address) return [`--cluster-dns=${address}`];
    remark(`-upstreamsvc is ${value}, and the environment has no ${variable}: is there such a Service?`);
    return [];
  },
  kubednscm: (value) => (value === '' ? [] : [`--kube-dns-config=${value}`]),
  'dns.port': (value) => [`--port=${value}`],
  p: (value) => [`--port=${value}`],
  version: nothing(),
  'metrics-listen-address': (value) => (value === '' ? [] : [`--metrics=${everywhere(value)}`]),
  'prometheus-listen-address': nothing(),
  'health-port': nothing(),
  pidfile: (value) => (value === '' ? [] : [`--pid-file=${value}`]),
  reloadwithsignal: nothing(),
  quiet: nothing(),
  plugins: nothing(),
  logtostderr: nothing(),
  alsologtostderr: nothing(),
  stderrthreshold: nothing(),
  v: nothing(),
  vmodule: nothing(),
  log_dir: nothing(),
};

/** node-cache writes its configuration from the template, where there is one: that is what is read here. */
function templateOf(
  given: ReadonlyMap<string, string>,
  exists: (path: string) => boolean,
): string | undefined {
  const path = given.get('basecorefile') ?? BASE;
  return given.has('localip') && exists(path) ? path : undefined;
}

const BASE = '/etc/coredns/Corefile.base';
const METRICS = '0.0.0.0:9353';

/** Go takes a port alone for one of all addresses. */
function everywhere(address: string): string {
  return address.startsWith(':') ? `0.0.0.0${address}` : address;
}

/** By name, without dashes; undefined where one of them is not theirs. */
function readGoFlags(argv: readonly string[]): Map<string, string> | undefined {
  const given = new Map<string, string>();
  for (let i = 0; i < argv.length; i++) {
    const [, name, , value] = /^--?([A-Za-z][\w.-]*)(=(.*))?$/s.exec(argv[i]!) ?? [];
    if (name === undefined || !Object.hasOwn(translations, name)) return undefined;
    if (value !== undefined) given.set(name, value);
    else if (switches.has(name)) given.set(name, 'true');
    else if (i + 1 < argv.length) given.set(name, argv[++i]!);
    else return undefined;
  }
  const isTheirs = ['conf', 'localip', 'basecorefile'].some((name) => given.has(name));
  return isTheirs ? given : undefined;
}

function switchOf(given: ReadonlyMap<string, string>, name: string, otherwise: boolean): boolean {
  const value = given.get(name);
  return value === undefined ? otherwise : isOn(name, value);
}

/** As Go reads them. */
function isOn(name: string, value: string): boolean {
  if (/^(1|t|T|true|TRUE|True)$/.test(value)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(value)) return false;
  throw new TwindnsError('USAGE', `-${name} is ${JSON.stringify(value)}: give true or false.`);
}

/**
 * It is a duration that node-cache multiplies by a second, so that 60ns stand for a minute; and who reads the page of flags
 * writes 60s.
 */
function seconds(value: string): number {
  const [, number, unit] = /^(\d+)(ns|us|ms|s|m|h)?$/.exec(value) ?? [];
  const count = Number(number) * (unit === 'm' ? 60 : unit === 'h' ? 3600 : 1);
  if (number === undefined || count === 0)
    throw new TwindnsError('USAGE', `-syncinterval is ${JSON.stringify(value)}: give seconds, such as 60s.`);
  return Math.min(Math.max(count, LEAST_SECONDS), MOST_SECONDS);
}

const LEAST_SECONDS = 1;
const MOST_SECONDS = 3600;
