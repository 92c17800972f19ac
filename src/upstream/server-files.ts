// server-files — the servers that resolv.conf-like files name, and word of others when a file changes.

import { type Endpoint, formatEndpoint } from '../config.ts';
import type { Log } from '../log/log.ts';
import { readResolvConf, upstreamsFrom, watchResolvConf } from '../options/resolv-conf.ts';

/**
 * Calls `onServers` before it returns, and again with each change. A file that no longer names any, as while it is being written,
 * keeps those it named.
 *
 * @param own where we listen ourselves: asking ourselves would be a loop
 * @param known what files named when they last named any, also to forwards of a plan before; those of this one are added
 * @returns stops watching
 */
export function watchServerFiles(
  paths: readonly string[],
  own: () => readonly Endpoint[],
  log: Pick<Log, 'info' | 'warn'>,
  onServers: (servers: readonly Endpoint[]) => void,
  known: Map<string, readonly Endpoint[]>,
): () => void {
  const found = new Map(paths.map((path) => [path, known.get(path) ?? []]));
  const take = (path: string, text: string | undefined) => {
    const { endpoints, warnings } = upstreamsFrom(path, text, own());
    for (const warning of warnings) log.warn(warning);
    if (endpoints.length === 0) return;
    found.set(path, endpoints);
    known.set(path, endpoints);
  };
  const tell = () => onServers(paths.flatMap((path) => found.get(path) ?? []));
  for (const path of paths) take(path, readResolvConf(path));
  tell();
  const stops = paths.map((path) =>
    watchResolvConf(path, (text) => {
      const before = named(found.get(path));
      take(path, text);
      const now = named(found.get(path));
      if (now === before) return; // another comment
      log.info('the servers of a file have changed', { file: path, servers: now });
      tell();
    }),
  );
  return () => {
    for (const stop of stops) stop();
  };
}

function named(servers: readonly Endpoint[] = []): string {
  return servers.map(formatEndpoint).join(' ');
}
