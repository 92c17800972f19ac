// resolv-conf — the servers a resolv.conf names, and word when the file changes.

import { closeSync, constants, openSync, readSync, realpathSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Endpoint } from '../config.ts';
import { formatEndpoint } from '../config.ts';
import { parseAddress, sameEndpoint } from './endpoint.ts';

/** Five times what libc takes; a question is sent eight times at most. */
export const MAX_SERVERS = 16;
/** Bytes of the file that are looked at; 16 lines need a thousand. */
const MAX_LENGTH = 65_536;

/** Addresses of the `nameserver` lines in their order, each once; no more than `most`. */
export function parseResolvConf(text: string, most = MAX_SERVERS): readonly string[] {
  const addresses = new Set<string>();
  for (const line of text.split(/\r\n|\n|\r/)) {
    const [keyword, value = ''] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    if (keyword !== 'nameserver') continue;
    const address = parseServer(value);
    if (address !== undefined) addresses.add(address);
    if (addresses.size === most) break;
  }
  return [...addresses];
}

/** Where kubelet takes the search domains from that pods have behind those of the cluster. */
export const RESOLV_CONF = '/etc/resolv.conf';

/** Words of the last line with search domains, which is the one that holds: lower case, without the final dot. */
export function parseSearch(text: string): readonly string[] {
  const last = text.split(/\r\n|\n|\r/).findLast((line) => /^\s*(search|domain)\s/.test(line)) ?? '';
  const words = last
    .replace(/[#;].*$/, '')
    .trim()
    .split(/\s+/)
    .slice(1);
  return words.map((word) => word.toLowerCase().replace(/\.$/, '')).filter((word) => word !== '');
}

/** A zone names the interface of a link-local address; for others a socket picks it by route. */
function parseServer(text: string): string | undefined {
  const [bare = '', zone] = text.split('%', 2);
  const address = parseAddress(bare);
  if (address === undefined || !/^fe[89ab][0-9a-f]:/.test(address)) return address;
  return zone === undefined || !/^[\w.@-]{1,15}$/.test(zone) ? undefined : `${address}%${zone}`;
}

export interface FoundUpstreams {
  readonly endpoints: readonly Endpoint[];
  /** What a person should know, one sentence each. */
  readonly warnings: readonly string[];
}

/**
 * The upstreams a resolv.conf gives.
 *
 * @param text the file, or undefined if there is none
 * @param own where we listen ourselves: asking ourselves would be a loop
 */
export function upstreamsFrom(
  path: string,
  text: string | undefined,
  own: readonly Endpoint[],
): FoundUpstreams {
  if (text === undefined) {
    return {
      endpoints: [],
      warnings: [`${path} cannot be read; it is read again when it appears.`],
    };
  }
  const all = parseResolvConf(text, MAX_SERVERS + 1);
  const found = all.slice(0, MAX_SERVERS).map((address) => ({ address, port: 53 }));
  const endpoints = found.filter((endpoint) => !own.some((ours) => sameEndpoint(ours, endpoint)));
  const warnings = found
    .filter((endpoint) => !endpoints.includes(endpoint))
    .map(
      (loop) =>
        `${path} names ${formatEndpoint(loop)}, where twindns itself listens: left out, it would be a loop.`,
    );
  if (all.length > found.length)
    warnings.push(`${path} names more than ${MAX_SERVERS} servers: the others are not asked.`);
  if (found.length === 0) warnings.push(`${path} names no server; it is read again when it changes.`);
  else if (endpoints.length === 0)
    warnings.push(`${path} names no other server; it is read again when it changes.`);
  return { endpoints, warnings };
}

/** The text of the file, as much as is looked at; undefined if it cannot be read. Never waits, whatever the path leads to. */
export function readResolvConf(path: string): string | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const bytes = Buffer.alloc(MAX_LENGTH);
    let length = 0;
    for (let read = -1; read !== 0 && length < MAX_LENGTH; length += read) {
      read = readSync(fd, bytes, length, MAX_LENGTH - length, null);
    }
    const text = bytes.toString('utf8', 0, length);
    return length < MAX_LENGTH ? text : text.slice(0, text.lastIndexOf('\n') + 1);
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

export interface WatchOptions {
  /** How long after a change the file is looked at, and looked at again. */
  readonly lookMs?: number;
  /** Reads the file even if no change was seen: mounts of a single file and network file systems tell nothing. */
  readonly pollMs?: number;
}

/** Looks in a row that found the same text: then it is taken for whole. A last line without its end may be half of one. */
const LOOKS = 2;
const LOOKS_AT_HALF_A_LINE = 5;

/**
 * Calls `onChange` with the new text (undefined: gone) whenever it differs from the text before.
 *
 * Editors, DHCP clients and Kubernetes replace files by rename, which ends a watch on the file; so directories are watched:
 * that of the path and, since the path is often a link, that of the file itself.
 *
 * @returns stops watching
 */
export function watchResolvConf(
  path: string,
  onChange: (text: string | undefined) => void,
  { lookMs = 100, pollMs = 30_000 }: WatchOptions = {},
): () => void {
  let known = readResolvConf(path);
  let seen = known;
  let looks = 0;
  let look: NodeJS.Timeout | undefined;
  let wanted: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  const watches = new Map<string, { close(): void }>();

  function check(): void {
    watchDirectories();
    const text = readResolvConf(path);
    looks = text === seen ? looks + 1 : 1;
    seen = text;
    if (text === known) return;
    const isWhole = text === undefined || text.endsWith('\n');
    if (looks < (isWhole ? LOOKS : LOOKS_AT_HALF_A_LINE)) return soon();
    known = text;
    onChange(text);
  }

  function soon(): void {
    look ??= setTimeout(() => {
      look = undefined;
      check();
    }, lookMs).unref();
  }

  function watchDirectories(): void {
    wanted = directoriesOf(path);
    for (const [directory, watcher] of watches) {
      if (wanted.has(directory)) continue;
      watcher.close();
      watches.delete(directory);
    }
    for (const directory of wanted.keys()) {
      if (!watches.has(directory)) startWatch(directory);
    }
  }

  function startWatch(directory: string): void {
    try {
      const watcher = watch(directory, { persistent: false }, (_event, name) => {
        if (name === null || wanted.get(directory)?.has(name)) soon();
      });
      watches.set(directory, watcher);
      watcher.on('error', () => {
        watcher.close();
        watches.delete(directory); // begun again at the next poll
      });
    } catch {
      // No such directory, or no inotify watches left: the poll does it.
    }
  }

  watchDirectories();
  const poll = setInterval(check, pollMs).unref();
  return () => {
    clearInterval(poll);
    clearTimeout(look);
    for (const watcher of watches.values()) watcher.close();
    watches.clear();
  };
}

// ---------------------------------------------------------------------------------------------------------------------

/** Directory → names in it whose change may change the file; `..data` is the link that Kubernetes swaps. */
function directoriesOf(path: string): Map<string, ReadonlySet<string>> {
  const directories = new Map<string, ReadonlySet<string>>([
    [dirname(path), new Set([basename(path), '..data'])],
  ]);
  try {
    const real = realpathSync(path);
    const names = directories.get(dirname(real)) ?? new Set<string>();
    directories.set(dirname(real), new Set([...names, basename(real)]));
  } catch {
    // Not there yet: its directory will tell.
  }
  return directories;
}
