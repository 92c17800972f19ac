// wanted-state — what the leader keeps on the node: an interface with the addresses that are served, and the rules that take DNS
// past connection tracking.

import type { InterfaceType, RulesKind } from '../../src/config.ts';

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
