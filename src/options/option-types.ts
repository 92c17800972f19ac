// option-types — what a row of the option table says, and how the text of each type of option becomes a value, or why not.

import { resolve } from 'node:path';
import type { Endpoint, InterfaceType, LogFormat, LogLevel, RulesKind, Slot } from '../config.ts';
import { formatByteSize, parseByteSize } from './byte-size.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { isLinkLocal, isMulticast, parseAddress, parseEndpoint } from './endpoint.ts';

/** The type of the value of each type of option. */
export interface Values {
  addresses: readonly string[];
  integer: number;
  slot: Slot | 'auto';
  upstream: { readonly file: string } | { readonly endpoints: readonly Endpoint[] };
  directory: string | 'auto';
  file: string | 'off';
  domain: string;
  endpoints: readonly Endpoint[];
  size: number;
  admin: Endpoint | 'auto' | 'off';
  health: Endpoint | 'off';
  duration: number;
  logLevel: LogLevel;
  logFormat: LogFormat | 'auto';
  switch: boolean;
  interfaceName: string;
  interfaceType: InterfaceType;
  rules: RulesKind;
}
export type OptionType = keyof Values;

/** Headings of the help. */
type OptionGroup = 'What is served:' | 'Where questions go:' | 'The node:' | 'Operation:';

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

/** `wrong` and `right` continue the sentences "--flag is "text": …." and "Give …." */
export type Outcome<T> = { readonly value: T } | { readonly wrong: string; readonly right: string };

type Parser<T> = (text: string, row: OptionRow) => Outcome<T>;

export const optionTypes: { readonly [T in OptionType]: Parser<Values[T]> } = {
  addresses: (text) => list(text, anAddress),
  integer: (text, row) =>
    within(/^\d{1,9}$/.test(text) ? Number(text) : undefined, row, 'a whole number', String),
  slot: choice,
  upstream(text) {
    if (/^[a-z]+:\/\//i.test(text))
      return {
        wrong: 'a server with a scheme',
        right: `${plainServers}; they are asked over UDP, and over TCP`,
      };
    if (text.includes('/')) return { value: { file: text } };
    const outcome = list(text, aServer);
    if ('value' in outcome) return { value: { endpoints: outcome.value } };
    return { ...outcome, right: `${outcome.right}, or a file with a / in its path, e.g. /etc/resolv.conf` };
  },
  directory: aDirectory,
  file: aFile,
  domain: aDomain,
  endpoints: (text) => (text === 'off' ? { value: [] } : list(text, aServer)),
  size: (text, row) =>
    within(parseByteSize(text), row, 'a size such as 32MiB, 64M or 33554432', formatByteSize),
  admin: (text) => (text === 'auto' || text === 'off' ? { value: text } : anEndpoint(text)),
  health: (text) => (text === 'off' ? { value: 'off' } : anEndpoint(text)),
  duration: (text, row) =>
    within(parseDuration(text), row, 'a duration such as 5s, 500ms or 1m30s', formatDuration),
  logLevel: choice,
  logFormat: choice,
  switch: aSwitch,
  interfaceName: anInterfaceName,
  interfaceType: choice,
  rules: choice,
};

// ---------------------------------------------------------------------------------------------------------------------

function list<T>(text: string, one: (item: string) => Outcome<T>): Outcome<readonly T[]> {
  const values = new Map<string, T>(); // by canonical text: a server given twice is one server
  for (const item of text.split(',')) {
    const outcome = one(item.trim());
    if (!('value' in outcome)) return outcome;
    values.set(JSON.stringify(outcome.value), outcome.value);
  }
  return { value: [...values.values()] };
}

/** A wildcard would answer from whichever address the kernel picks, and cannot be handed over while in use. */
function anAddress(item: string): Outcome<string> {
  const address = parseAddress(item);
  const right = 'IP addresses separated by commas, e.g. 169.254.20.10,fd00::10';
  if (address === undefined) return { wrong: `${JSON.stringify(item)} is not an IP address`, right };
  if (address === '0.0.0.0' || address === '::') {
    return { wrong: 'twindns answers on named addresses, not on all of them', right };
  }
  const quoted = JSON.stringify(item);
  if (isMulticast(address) || address === '255.255.255.255')
    return { wrong: `${quoted} is an address of many machines, from which none can answer`, right };
  if (isLinkLocal(address))
    return { wrong: `${quoted} is link-local, so each interface may have another`, right };
  return { value: address };
}

function anEndpoint(text: string): Outcome<Endpoint> {
  const endpoint = parseEndpoint(text, undefined);
  if (endpoint !== undefined) return { value: endpoint };
  return { wrong: 'not an address with a port', right: 'ADDR:PORT, e.g. 127.0.0.1:9253 or [::1]:9253' };
}

const plainServers =
  'IP addresses with or without a port, separated by commas, e.g. 10.96.0.10,[fd00::a]:5353';

function aServer(item: string): Outcome<Endpoint> {
  const endpoint = parseEndpoint(item, 53);
  if (endpoint !== undefined && endpoint.port > 0) return { value: endpoint };
  return {
    wrong: `${JSON.stringify(item)} is not a server`,
    right: plainServers,
  };
}

/** Names of sockets in it have to fit into what the kernel has room for. */
const LONGEST_DIRECTORY = 55;

function aDirectory(text: string): Outcome<string> {
  if (text === 'auto') return { value: text };
  const path = text.replace(/(.)\/+$/, '$1');
  const isShort = Buffer.byteLength(path) <= LONGEST_DIRECTORY;
  if (path.startsWith('/') && isShort && !path.includes('\0')) return { value: path };
  return {
    wrong: isShort ? 'not a path that begins with /' : 'too long',
    right: `a path of at most ${LONGEST_DIRECTORY} bytes, e.g. /run/twindns`,
  };
}

function aFile(text: string): Outcome<string> {
  if (text !== '' && !text.includes('\0')) return { value: text === 'off' ? text : resolve(text) };
  return { wrong: 'no path', right: 'the path of a file, e.g. /etc/coredns/Corefile' };
}

function aDomain(text: string): Outcome<string> {
  const name = text.toLowerCase().replace(/\.$/, '');
  const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
  if (name.length <= 253 && name.split('.').every((part) => label.test(part))) return { value: name };
  return {
    wrong: 'not a domain name',
    right: 'labels of letters, digits and hyphens joined by dots, e.g. cluster.local',
  };
}

/** What people write for yes and no in environment variables and YAML. */
const switchWords: Readonly<Record<string, boolean>> = {
  on: true,
  true: true,
  yes: true,
  1: true,
  off: false,
  false: false,
  no: false,
  0: false,
};

function aSwitch(text: string): Outcome<boolean> {
  const value = switchWords[text.toLowerCase()];
  return value === undefined ? { wrong: 'neither yes nor no', right: 'on or off' } : { value };
}

/** The kernel's own limits (dev_valid_name); a name with a % would be a pattern to it. */
function anInterfaceName(text: string): Outcome<string> {
  if (/^[^\s/:%]{1,15}$/.test(text) && text !== '.' && text !== '..') return { value: text };
  return { wrong: 'not a name for an interface', right: 'up to 15 characters, e.g. nodelocaldns' };
}

function choice<T extends string>(text: string, { choices }: OptionRow): Outcome<T> {
  const found = choices?.find((word) => word === text.toLowerCase());
  if (found !== undefined) return { value: found as T };
  return {
    wrong: 'not one of the choices',
    right: choices?.join(', ').replace(/, ([^,]*)$/, ' or $1') ?? '',
  };
}

function within(
  value: number | undefined,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: OptionRow,
  what: string,
  format: (value: number) => string,
): Outcome<number> {
  const right = `${what}, from ${format(min)} to ${format(max)}`;
  if (value === undefined) return { wrong: `not ${what.replace(/ such as .*/, '')}`, right };
  if (value < min) return { wrong: 'too small', right };
  if (value > max) return { wrong: 'too big', right };
  return { value };
}
