// gate-of — the gate of an instance that has no twin. Its admin port is served while it is shut: probes and people ask there why.

import type { Config } from '../config.ts';
import { isServed, type Membership } from '../instance/membership.ts';
import type { Log } from '../log/log.ts';
import type { Gate } from './gate.ts';

export async function gateOf(
  askedOfCluster: () => Pick<Config, 'clusterDns' | 'clusterDomain'>,
  log: Log,
  twin: Membership,
  serveAdmin: () => Promise<unknown>,
): Promise<Gate> {
  const [{ Gate }, { askClusterDns }] = await Promise.all([
    import('./gate.ts'),
    import('./ask-cluster-dns.ts'),
  ]);
  return new Gate({
    log,
    ask: () => askClusterDns(askedOfCluster()),
    hasTwin: () => isServed(twin),
    onWait() {
      twin.wait();
      serveAdmin().catch((error: unknown) => log.error('the admin port cannot be served', { err: error }));
    },
  });
}
