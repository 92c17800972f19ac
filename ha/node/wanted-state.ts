// wanted-state — what the leader keeps on the node: an interface with the addresses that are served, and the rules that take DNS
// past connection tracking.

import type { Config, InterfaceType, RulesKind } from '../../src/config.ts';
import { isLoopback } from '../../src/options/endpoint.ts';

export interface Holding {
  readonly interface: { readonly name: string; readonly type: InterfaceType };
  readonly rules: RulesKind;
  /** Canonical, without a prefix length; none of loopback, which every node has and tracks nothing for. */
  readonly addresses: readonly string[];
  /** Of DNS, UDP and TCP. */
  readonly port: number;
  /** TCP ports on the addresses that probes come to. */
  readonly healthPorts: readonly number[];
  /** Whether it is left behind when the last instance ends. */
  readonly keep: boolean;
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

/** A sentence for each. */
export function doubtsOf({ interface: { type }, rules, keep, addresses }: Holding): string[] {
  if (addresses.length === 0) return [];
  const doubts: string[] = [];
  if (type === 'tun' && rules === 'iptables')
    doubts.push(
      '--interface-type tun goes when both instances die and --rules iptables stay, which leaves pods without any answer; use --rules nftables with it',
    );
  const fleeting = [
    ...(type === 'tun' ? ['--interface-type tun'] : []),
    ...(rules === 'nftables' ? ['--rules nftables'] : []),
  ];
  if (keep && fleeting.length > 0)
    doubts.push(
      `--keep-interface cannot keep ${fleeting.join(' and ')}: the kernel removes that with the last instance`,
    );
  return doubts;
}
