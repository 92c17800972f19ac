// watch-cluster-dns — whether an instance that is told to stop, and waits for its twin, is still of use: it asks the cluster DNS.
//
// Where everything was uninstalled the Service it asks is gone with the rest. Waiting there would keep clients from the cluster
// DNS, which they reach by themselves once no instance listens.

import type { Config } from '../config.ts';
import { askClusterDns } from './ask-cluster-dns.ts';

/** Milliseconds from an answer, or its absence, to the next question. */
const EVERY = 1000;
/** Questions in a row without an answer, after which an instance is of no use: servers that are replaced are back before. */
const ENOUGH = 5;

/**
 * @param lost is told, once, why the cluster DNS has not answered for a while
 * @returns what ends the watch
 */
export function watchClusterDns(
  config: Pick<Config, 'clusterDns' | 'clusterDomain' | 'requireClusterDns'>,
  lost: (reason: string) => void,
  {
    ask = askClusterDns,
    every = EVERY,
  }: { readonly ask?: typeof askClusterDns; readonly every?: number } = {},
): () => void {
  if (!config.requireClusterDns || config.clusterDns.length === 0) return () => {};
  let failures = 0;
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  async function look(): Promise<void> {
    const reason = await ask(config);
    if (over) return;
    failures = reason === undefined ? 0 : failures + 1;
    if (reason !== undefined && failures >= ENOUGH) lost(reason);
    else timer = setTimeout(look, every);
  }
  void look();
  return () => {
    over = true;
    clearTimeout(timer);
  };
}
