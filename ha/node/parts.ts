// parts — the interface and the rules of a holding, ready to be looked at; loaded only where there is something to see to.

import type { Config } from '../../src/config.ts';
import { isLoopback } from '../../src/options/endpoint.ts';
import type { Holding } from './holding.ts';
import type { NodePart } from './node-part.ts';

/** Descriptors another process has handed over, by the part they belong to. */
export type Handed = Partial<Record<NodePart['name'], number>>;

export interface Parts {
  readonly holding: Holding;
  /** In the order they are made; they are removed the other way round. */
  readonly all: readonly NodePart[];
}

type Wishes = Pick<Config, 'listen' | 'port' | 'admin' | 'interface' | 'rules' | 'keepInterface'>;

/** What is asked for. */
export function holdingOf({ listen, port, admin, interface: given, rules, keepInterface }: Wishes): Holding {
  const addresses = listen.filter((address) => !isLoopback(address));
  return {
    interface: given,
    rules,
    addresses,
    port,
    healthPorts: addresses.includes(admin.address) ? [admin.port] : [],
    keep: keepInterface,
  };
}

/** The parts take the descriptors; one that is no use to any of them is closed by nobody but the caller. */
export async function partsOf(holding: Holding, handed: Handed = {}): Promise<Parts> {
  const all: NodePart[] = [];
  if (holding.addresses.length === 0) return { holding, all };
  if (holding.interface.type !== 'none') {
    const { NodeInterface } = await import('./interface.ts');
    all.push(new NodeInterface(holding, handed.interface === undefined ? {} : { tunFd: handed.interface }));
  }
  if (holding.rules === 'iptables') {
    const { IptablesRules } = await import('./iptables.ts');
    all.push(new IptablesRules(holding));
  } else if (holding.rules === 'nftables') {
    const { NftablesRules } = await import('./nftables.ts');
    all.push(new NftablesRules(holding, handed.rules));
  }
  return { holding, all };
}
