// upstream-file — the upstreams of the flags are read again when their file changes, and at SIGHUP.

import { type Config, formatEndpoint } from '../config.ts';
import type { Log } from '../log/log.ts';
import type { Resolver } from '../resolver.ts';
import { readResolvConf, upstreamsFrom, watchResolvConf } from './resolv-conf.ts';

export function watchUpstreams(
  { upstreamFile, upstreams }: Config,
  resolver: Resolver,
  log: Log,
): () => void {
  if (upstreamFile === undefined) return () => {};
  let known = upstreams.map(formatEndpoint).join();
  function take(text: string | undefined): void {
    const { endpoints, warnings } = upstreamsFrom(upstreamFile!, text, resolver.listeners());
    for (const warning of warnings) log.warn(warning);
    if (endpoints.length === 0) {
      log.warn('upstreams kept as they were', { file: upstreamFile });
      return;
    }
    const named = endpoints.map(formatEndpoint);
    if (named.join() === known) return; // another comment
    known = named.join();
    log.info('upstreams changed', { file: upstreamFile, upstreams: named });
    resolver.setUpstreams(endpoints);
  }
  process.on('SIGHUP', () => take(readResolvConf(upstreamFile)));
  return watchResolvConf(upstreamFile, take);
}
