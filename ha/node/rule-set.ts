// rule-set — the rules that take DNS at the served addresses past connection tracking.
//
// They are node-cache's, comments included, but for two, by which a node would have no DNS once no instance serves it: what is not
// tracked is not translated, and so never reaches the cluster DNS through kube-proxy.
//
//   from pods             raw PREROUTING   only what a socket of this machine would take
//   from the host itself  raw OUTPUT       only while an instance lives: that hook knows no such sockets, so the rule is in a
//                                          table that the kernel removes with the last instance
//
// Replies, accepted packets and probes need neither: without a socket there are no replies, and nothing translates a probe.

import { isIPv6 } from 'node:net';
import type { Endpoint } from '../../src/config.ts';
import { isAmong } from '../../src/options/endpoint.ts';
import { servedAddresses, servedBy, type WantedState } from './wanted-state.ts';

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
  /** Only packets that a socket of this machine would take; one bound to every address is none of ours. */
  readonly toSocket: boolean;
}

export interface Rule extends Shape {
  readonly table: Table;
  readonly chain: 'PREROUTING' | 'INPUT' | 'OUTPUT';
}

export type Served = Pick<WantedState, 'addresses' | 'port' | 'further' | 'healthPorts'>;

/** Some kernels have no match for sockets: without it a rule is for all packets, as node-cache's is. */
export interface Matching {
  readonly sockets: boolean;
}

/** In node-cache's order of insertion; those of other ports behind. */
export function wantedRules(
  { addresses, port, further = [], healthPorts }: Served,
  { sockets }: Matching = { sockets: true },
): readonly Rule[] {
  const at = (
    endpoint: Endpoint,
    protocol: Packets['protocol'],
    [table, chain, end, target]: Place,
  ): Rule => {
    const toSocket = sockets && chain === 'PREROUTING';
    return { table, chain, protocol, end, ...endpoint, target, toSocket };
  };
  const ofDns = ({ address, port }: Endpoint) =>
    places.flatMap((place) => [at({ address, port }, 'tcp', place), at({ address, port }, 'udp', place)]);
  const rules = addresses.flatMap((address) => [
    ...ofDns({ address, port }),
    ...healthPorts.flatMap((health) =>
      probePlaces.map((place) => at({ address, port: health }, 'tcp', place)),
    ),
  ]);
  rules.push(...further.flatMap(ofDns));
  // A health port may be given twice, or be the port of DNS, which has these rules already.
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

/** Questions of clients in the host network. */
export function isOfHostClients({ table, chain, end, ...rule }: Rule, served: Served): boolean {
  return table === 'raw' && chain === 'OUTPUT' && end === 'destination' && isAmong(rule, servedBy(served));
}

/** Chain by chain, as `iptables-save` lists them after each was inserted at the head. */
export function wantedRows(served: Served, matching?: Matching): readonly Row[] {
  const inserted = wantedRules(served, matching)
    .filter((rule) => !isOfHostClients(rule, served))
    .map(rowOf);
  return families.flatMap((family) =>
    chains.flatMap(([table, chain]) =>
      inserted.filter((row) => row.family === family && row.table === table && row.chain === chain).reverse(),
    ),
  );
}

/** Rows that would undo what the wanted ones are for: of node-cache, of an earlier version, of a kernel that lacked the match. */
export function unwantedRows(served: Served, { sockets }: Matching = { sockets: true }): readonly Row[] {
  const others = wantedRules(served, { sockets: !sockets });
  return others.filter((rule) => rule.chain === 'PREROUTING' || isOfHostClients(rule, served)).map(rowOf);
}

/** For people. @param module of the kernel */
export function withoutSockets(module: string): string {
  return (
    `this kernel cannot tell whether a socket takes a packet (${module} is missing), so the rules take queries also when ` +
    'no instance is left to answer them. Load the module (modprobe ' +
    `${module}) and restart the leader; or remove twindns from this node with \`twindns clean\` alone.`
  );
}

export function specOf({ protocol, end, address, port, target, toSocket }: Shape): string {
  const [from, whichPort] = end === 'destination' ? ['-d', '--dport'] : ['-s', '--sport'];
  const host = `${address}/${isIPv6(address) ? 128 : 32}`;
  const socket = toSocket ? ' -m socket' : '';
  return `${from} ${host} -p ${protocol} -m ${protocol} ${whichPort} ${port}${socket} -m comment --comment "${comments[target]}" -j ${target}`;
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
export function familiesOf(wanted: Pick<WantedState, 'addresses' | 'further'>): readonly Family[] {
  const addresses = servedAddresses(wanted);
  return families.filter((family) => addresses.some((address) => familyOf(address) === family));
}

// ---------------------------------------------------------------------------------------------------------------------

function rowOf(rule: Rule): Row {
  const { table, chain, address } = rule;
  return { family: familyOf(address), table, chain, spec: specOf(rule) };
}

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
