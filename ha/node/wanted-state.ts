// wanted-state — what is to be on the node: an interface with the served addresses, and rules that take DNS past tracking.
//
// It is told to twins of other versions, too, of which some know of addresses at one port alone: these have a field of their own.

import { isDeepStrictEqual } from 'node:util';
import {
  type Config,
  type Endpoint,
  formatEndpoint,
  type InterfaceType,
  type RulesKind,
} from '../../src/config.ts';
import { addressesOf, isLoopback } from '../../src/options/endpoint.ts';

export interface WantedState {
  readonly interface: { readonly name: string; readonly type: InterfaceType };
  readonly rules: RulesKind;
  /** Canonical, without a prefix length; none of loopback, which has an interface on every node and needs no rules. */
  readonly addresses: readonly string[];
  /** Of DNS at these addresses, UDP and TCP. */
  readonly port: number;
  /** DNS at other ports, perhaps of other addresses; left out where there is none. */
  readonly further?: readonly Endpoint[];
  /**
   * Of all these addresses, those that a Corefile names and no flag: another interface of the machine may have them, and needs no
   * other one then. Left out where there are none.
   */
  readonly elsewhere?: readonly string[];
  /** TCP ports on these addresses to which probes come. */
  readonly healthPorts: readonly number[];
  /** It stays on the node when the last instance ends. */
  readonly keep: boolean;
}

type Served = Pick<WantedState, 'addresses' | 'port' | 'further'>;
type Wishes = Pick<
  Config,
  'listen' | 'listeners' | 'port' | 'admin' | 'interface' | 'rules' | 'keepInterface'
>;

/** What the options ask for. */
export function wantedStateOf(wishes: Wishes): WantedState {
  const { listen, listeners, port, admin, rules, keepInterface: keep } = wishes;
  const kept = listeners.filter(({ address }) => !isLoopback(address));
  const addresses = addressesOf(kept.filter((one) => one.port === port));
  const further = kept.filter((one) => one.port !== port);
  const healthPorts = admin !== undefined && addresses.includes(admin.address) ? [admin.port] : [];
  const elsewhere = addressesOf(kept).filter((address) => !listen.includes(address));
  const others = {
    ...(further.length === 0 ? {} : { further }),
    ...(elsewhere.length === 0 ? {} : { elsewhere }),
  };
  return { interface: wishes.interface, rules, addresses, port, ...others, healthPorts, keep };
}

/** Where DNS is served. */
export function servedBy({ addresses, port, further = [] }: Served): readonly Endpoint[] {
  return [...addresses.map((address) => ({ address, port })), ...further];
}

/** All that is served at, each once. */
export function servedAddresses(wanted: Pick<WantedState, 'addresses' | 'further'>): readonly string[] {
  return addressesOf(servedBy({ ...wanted, port: 0 }));
}

/** The flags that would have to say something else to ask for what another process keeps; none when it is what ours ask for. */
export function differences(ours: WantedState, theirs: WantedState): string[] {
  const isSame = (pick: (state: WantedState) => unknown) => isDeepStrictEqual(pick(ours), pick(theirs));
  return [
    ...(isSame(placesOf) ? [] : ['--listen']),
    ...(isSame(({ port }) => port) ? [] : ['--port']),
    ...(isSame((state) => state.interface.name) ? [] : ['--interface']),
    ...(isSame((state) => state.interface.type) ? [] : ['--interface-type']),
    ...(isSame(({ rules }) => rules) ? [] : ['--rules']),
  ];
}

/** A sentence for each combination of options that does what they say and perhaps not what was meant. */
export function warningsOf(wanted: WantedState): string[] {
  const { rules, keep } = wanted;
  const { type } = wanted.interface;
  if (servedBy(wanted).length === 0)
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

// ---------------------------------------------------------------------------------------------------------------------

/** In whichever order they were given. */
function placesOf({ addresses, further = [] }: WantedState): unknown {
  return [[...addresses].sort(), further.map(formatEndpoint).sort()];
}
