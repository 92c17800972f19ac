// resolv-conf — the servers a resolv.conf names, and word when the file changes.

import { readFileSync, realpathSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Endpoint } from '../config.ts';
import { formatEndpoint } from '../config.ts';
import { parseAddress, sameEndpoint } from './endpoint.ts';

/** Addresses of the `nameserver` lines in their order, each once; more than libc's three are fine. */
export function parseResolvConf(text: string): readonly string[] {
  const addresses = new Set<string>();
  for (const line of text.split(/\r\n|\n|\r/)) {
    const [keyword, value = ''] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    if (keyword !== 'nameserver') continue;
    const address = parseAddress(value.replace(/%.*$/, '')); // a zone names an interface, which a socket picks by route
    if (address !== undefined) addresses.add(address);
  }
  return [...addresses];
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
      warnings: [`${path} cannot be read: no upstreams. It is read again when it appears.`],
    };
  }
  const found = parseResolvConf(text).map((address) => ({ address, port: 53 }));
  const endpoints = found.filter((endpoint) => !own.some((ours) => sameEndpoint(ours, endpoint)));
  const warnings = found
    .filter((endpoint) => !endpoints.includes(endpoint))
    .map(
      (loop) =>
        `${path} names ${formatEndpoint(loop)}, where twindns itself listens: left out, it would be a loop.`,
    );
  if (found.length === 0)
    warnings.push(`${path} names no server: no upstreams. It is read again when it changes.`);
  else if (endpoints.length === 0) warnings.push(`${path} names no other server: no upstreams.`);
  return { endpoints, warnings };
}

/** The text of the file, or undefined if it cannot be read. */
export function readResolvConf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

export interface WatchOptions {
  /** A change is told when no further one was seen for this long. */
  readonly debounceMs?: number;
  /** Reads the file even if no change was seen: mounts of a single file and network file systems tell nothing. */
  readonly pollMs?: number;
}

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
  { debounceMs = 100, pollMs = 30_000 }: WatchOptions = {},
): () => void {
  let known = readResolvConf(path);
  let debounce: NodeJS.Timeout | undefined;
  let wanted: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  const watches = new Map<string, { close(): void }>();

  function check(): void {
    watchDirectories();
    const text = readResolvConf(path);
    if (text === known) return;
    known = text;
    onChange(text);
  }

  function soon(): void {
    clearTimeout(debounce);
    debounce = setTimeout(check, debounceMs).unref();
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
    clearTimeout(debounce);
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
