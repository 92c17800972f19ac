// served-config — the configuration of an instance with what its plan says of listeners and, by `nodecache`, of the node.

import { networkInterfaces } from 'node:os';
import type { Config } from '../config.ts';
import { configurationOf } from './configuration.ts';
import type { Plan } from './plan.ts';
import { listenersOf } from './take-plan.ts';

/** What coredns-nodecache calls its interface. */
const INTERFACE = 'nodecache';

/**
 * @param interfaces of this machine: asked for only where they matter, since they take milliseconds of every start
 * @throws TwindnsError CONFIG_REFUSED for more listeners than twins can share
 */
export function servedConfig(
  config: Config,
  plan: Plan,
  interfaces: () => Interfaces = networkInterfaces,
): Config {
  const served = {
    ...config,
    listeners: listenersOf(plan),
    configuration: config.corefile === undefined ? '' : configurationOf(plan),
  };
  // Flags that say it win.
  if (plan.nodecache === undefined || config.leader) return served;
  const { keep } = plan.nodecache;
  return {
    ...served,
    leader: true,
    keepInterface: keep,
    interface: {
      name: INTERFACE,
      type: areElsewhere(plan.nodecache.addresses, interfaces()) ? 'none' : config.interface.type,
    },
  };
}

// ---------------------------------------------------------------------------------------------------------------------

type Interfaces = Readonly<Record<string, readonly { readonly address: string }[] | undefined>>;

/** Whether others have put them on this machine, on an interface of theirs. */
function areElsewhere(addresses: readonly string[], interfaces: Interfaces): boolean {
  const others = Object.entries(interfaces).filter(([name]) => name !== INTERFACE);
  const found = new Set(others.flatMap(([, all]) => (all ?? []).map(({ address }) => address)));
  return addresses.length > 0 && addresses.every((address) => found.has(address));
}
