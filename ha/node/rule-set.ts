// rule-set — the rules that take DNS at the served addresses past connection tracking: node-cache's, to the letter.
//
// The comments and the order of the matches are node-cache's, too: a node that comes from it, or goes back to it, has the
// rules already, and neither program adds what the other has.

import { isIPv6 } from 'node:net';
import type { WantedState } from './wanted-state.ts';

export const families = ['ipv4', 'ipv6'] as const;
export type Family = (typeof families)[number];

/** In the order of a change: what lets untracked packets in comes before what makes them untracked. */
export const tables = ['filter', 'raw'] as const;
export type Table = (typeof tables)[number];

/** The comment of a rule, by its target. */
export const comments = {
  NOTRACK: 'NodeLocal DNS Cache: skip conntrack',
  ACCEPT: 'NodeLocal DNS Cache: allow DNS traffic',
} as const;
export type Target = keyof typeof comments;

export interface Row {
  readonly family: Family;
  readonly table: Table;
  readonly chain: string;
  /** The arguments after the chain, as `iptables-save` writes them. */
  readonly spec: string;
}

/** The packets a rule is about. */
export interface Packets {
  readonly protocol: 'tcp' | 'udp';
  /** The end of a packet that has the address and the port. */
  readonly end: 'destination' | 'source';
  readonly address: string;
  readonly port: number;
}

export interface Shape extends Packets {
  readonly target: Target;
}

export interface Rule extends Shape {
  readonly table: Table;
  readonly chain: 'PREROUTING' | 'INPUT' | 'OUTPUT';
}

export type Served = Pick<WantedState, 'addresses' | 'port' | 'healthPorts'>;

/** In node-cache's order of insertion. */
export function wantedRules({ addresses, port, healthPorts }: Served): readonly Rule[] {
  const rules = addresses.flatMap((address) => {
    const at = (protocol: Packets['protocol'], port: number, [table, chain, end, target]: Place): Rule => {
      return { table, chain, protocol, end, address, port, target };
    };
    return [
      ...places.flatMap((place) => [at('tcp', port, place), at('udp', port, place)]),
      ...healthPorts.flatMap((healthPort) => probePlaces.map((place) => at('tcp', healthPort, place))),
    ];
  });
  // A health port may be given twice, or be the port of DNS, which has these rules already.
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

/** Chain by chain, as `iptables-save` lists them after each was inserted at the head. */
export function wantedRows(served: Served): readonly Row[] {
  const inserted = wantedRules(served).map((rule): Row => {
    const { table, chain, address } = rule;
    return { family: familyOf(address), table, chain, spec: specOf(rule) };
  });
  return families.flatMap((family) =>
    chains.flatMap(([table, chain]) =>
      inserted.filter((row) => row.family === family && row.table === table && row.chain === chain).reverse(),
    ),
  );
}

export function specOf({ protocol, end, address, port, target }: Shape): string {
  const [from, whichPort] = end === 'destination' ? ['-d', '--dport'] : ['-s', '--sport'];
  const host = `${address}/${isIPv6(address) ? 128 : 32}`;
  return `${from} ${host} -p ${protocol} -m ${protocol} ${whichPort} ${port} -m comment --comment "${comments[target]}" -j ${target}`;
}

/** For people; no two rows have the same. */
export function lineOf({ family, table, chain, spec }: Row): string {
  return `${commandOf(family)} -t ${table} -A ${chain} ${spec}`;
}

export function commandOf(family: Family): 'iptables' | 'ip6tables' {
  return family === 'ipv4' ? 'iptables' : 'ip6tables';
}

export function familyOf(address: string): Family {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

/** Those of the served addresses. */
export function familiesOf({ addresses }: Pick<WantedState, 'addresses'>): readonly Family[] {
  return families.filter((family) => addresses.some((address) => familyOf(address) === family));
}

// ---------------------------------------------------------------------------------------------------------------------

type Place = readonly [table: Table, chain: Rule['chain'], end: Packets['end'], target: Target];

const places: readonly Place[] = [
  ['raw', 'PREROUTING', 'destination', 'NOTRACK'], // pod to cache
  ['filter', 'INPUT', 'destination', 'ACCEPT'], // untracked packets miss the rule that accepts established ones
  ['raw', 'OUTPUT', 'source', 'NOTRACK'], // cache to pod
  ['filter', 'OUTPUT', 'source', 'ACCEPT'],
  ['raw', 'OUTPUT', 'destination', 'NOTRACK'], // clients in the host network
];
const probePlaces: readonly Place[] = [
  ['raw', 'OUTPUT', 'destination', 'NOTRACK'],
  ['raw', 'OUTPUT', 'source', 'NOTRACK'],
];
const chains = [
  ['raw', 'PREROUTING'],
  ['raw', 'OUTPUT'],
  ['filter', 'INPUT'],
  ['filter', 'OUTPUT'],
] as const;
