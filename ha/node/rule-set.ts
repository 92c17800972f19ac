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

/** What node-cache's rows differ in. */
export interface Shape {
  readonly protocol: 'tcp' | 'udp';
  /** The end of a packet that has the address and the port. */
  readonly end: 'destination' | 'source';
  readonly address: string;
  readonly port: number;
  readonly target: Target;
}

/** Chain by chain, as `iptables-save` lists them after each was inserted at the head. */
export function wantedRows({
  addresses,
  port,
  healthPorts,
}: Pick<WantedState, 'addresses' | 'port' | 'healthPorts'>): readonly Row[] {
  const inserted = addresses.flatMap((address) =>
    places(port, healthPorts).map(
      ([table, chain, shape]): Row => ({
        family: familyOf(address),
        table,
        chain,
        spec: specOf({ ...shape, address }),
      }),
    ),
  );
  // A health port may be given twice, or be the port of DNS, which has these rows already.
  const listed = new Map(inserted.map((row) => [lineOf(row), row]));
  const rows = [...listed.values()].reverse();
  return families.flatMap((family) =>
    chains.flatMap(([table, chain]) =>
      rows.filter((row) => row.family === family && row.table === table && row.chain === chain),
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

const chains = [
  ['raw', 'PREROUTING'],
  ['raw', 'OUTPUT'],
  ['filter', 'INPUT'],
  ['filter', 'OUTPUT'],
] as const;

type Place = readonly [table: Table, chain: string, shape: Omit<Shape, 'address'>];

/** The rows of one address, in node-cache's order of insertion. */
function places(port: number, healthPorts: readonly number[]): readonly Place[] {
  const both = (table: Table, chain: string, end: Shape['end'], target: Target): Place[] =>
    (['tcp', 'udp'] as const).map((protocol) => [table, chain, { protocol, end, port, target }]);
  const probe = (end: Shape['end'], healthPort: number): Place => [
    'raw',
    'OUTPUT',
    { protocol: 'tcp', end, port: healthPort, target: 'NOTRACK' },
  ];
  return [
    ...both('raw', 'PREROUTING', 'destination', 'NOTRACK'), // pod to cache
    ...both('filter', 'INPUT', 'destination', 'ACCEPT'), // untracked packets miss the rule that accepts established ones
    ...both('raw', 'OUTPUT', 'source', 'NOTRACK'), // cache to pod
    ...both('filter', 'OUTPUT', 'source', 'ACCEPT'),
    ...both('raw', 'OUTPUT', 'destination', 'NOTRACK'), // clients in the host network
    ...healthPorts.flatMap((healthPort) => [probe('destination', healthPort), probe('source', healthPort)]),
  ];
}
