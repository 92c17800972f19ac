// wanted-state — what is to be on the node: an interface with the served addresses, and rules that take DNS past tracking.

import { isDeepStrictEqual } from 'node:util';
import type { Config, InterfaceType, RulesKind } from '../../src/config.ts';
import { isLoopback } from '../../src/options/endpoint.ts';

export interface WantedState {
  readonly interface: { readonly name: string; readonly type: InterfaceType };
  readonly rules: RulesKind;
  /** Canonical, without a prefix length; none of loopback, which has an interface on every node and needs no rules. */
  readonly addresses: readonly string[];
  /** Of DNS, UDP and TCP. */
  readonly port: number;
  /** TCP ports on these addresses to which probes come. */
  readonly healthPorts: readonly number[];
  /** It stays on the node when the last instance ends. */
  readonly keep: boolean;
}

type Wishes = Pick<Config, 'listen' | 'port' | 'admin' | 'interface' | 'rules' | 'keepInterface'>;

/** What the options ask for. */
export function wantedStateOf(wishes: Wishes): WantedState {
  const { listen, port, admin, rules, keepInterface: keep } = wishes;
  const addresses = listen.filter((address) => !isLoopback(address));
  const healthPorts = addresses.includes(admin.address) ? [admin.port] : [];
  return { interface: wishes.interface, rules, addresses, port, healthPorts, keep };
}

/** The flags that would have to say something else to ask for what another process keeps; none when it is what ours ask for. */
export function differences(ours: WantedState, theirs: WantedState): string[] {
  const isSame = (pick: (state: WantedState) => unknown) => isDeepStrictEqual(pick(ours), pick(theirs));
  return [
    ...(isSame(({ addresses }) => [...addresses].sort()) ? [] : ['--listen']),
    ...(isSame(({ port }) => port) ? [] : ['--port']),
    ...(isSame((state) => state.interface.name) ? [] : ['--interface']),
    ...(isSame((state) => state.interface.type) ? [] : ['--interface-type']),
    ...(isSame(({ rules }) => rules) ? [] : ['--rules']),
  ];
}

/** A sentence for each combination of options that does what they say and perhaps not what was meant. */
export function warningsOf({ interface: { type }, rules, keep, addresses }: WantedState): string[] {
  if (addresses.length === 0)
    return [
      '--leader has nothing to keep: --listen names loopback alone, which every node has and which needs no rules',
    ];
  const warnings: string[] = [];
  const fleeting = [
    ...(type === 'tun' ? ['--interface-type tun'] : []),
    ...(rules === 'nftables' ? ['--rules nftables'] : []),
  ];
  if (keep && fleeting.length > 0)
    warnings.push(
      `--keep-interface cannot keep ${fleeting.join(' and ')}: the kernel removes that with the last instance`,
    );
  return warnings;
}
