// hosts-text — what a file of hosts(5) says: addresses of names, and names of addresses. Lines that say nothing are passed over.

import { isBelow } from '../message/name.ts';
import { addressBytes } from './ip-address.ts';
import type { WireName } from './question.ts';
import { foldName, parseName } from './wire-name.ts';

/** By folded name; a name whose first label is an asterisk stands for all that differ from it in that label. */
export interface HostsTable {
  readonly ipv4: Map<WireName, readonly Buffer[]>;
  readonly ipv6: Map<WireName, readonly Buffer[]>;
  /** By the bytes of an address, one a character. */
  readonly names: Map<string, readonly WireName[]>;
  /** Names above these: they exist, and have nothing. */
  readonly parents: Set<WireName>;
}

export interface HostsRules {
  /** Names outside of them are passed over. */
  readonly zones: readonly WireName[];
  /** Whether addresses have names. */
  readonly reverse: boolean;
}

export function emptyTable(): HostsTable {
  return { ipv4: new Map(), ipv6: new Map(), names: new Map(), parents: new Set() };
}

/** Reads all of it, in one go. */
export function readHosts(text: string, rules: HostsRules): HostsTable {
  const table = emptyTable();
  for (const _ of readInto(table, text, rules));
  return table;
}

/** Reads into `table`, and yields now and then: a long text takes turns of the loop. */
export function* readInto(table: HostsTable, text: string, rules: HostsRules): Generator<void> {
  let lines = 0;
  const last: LastAddress = { text: '', list: [] };
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    readLine(table, text.slice(at, end < 0 ? text.length : end), rules, last);
    at = end < 0 ? text.length : end + 1;
    if (++lines % TURN === 0) yield;
  }
}

/** The address and names of a line; undefined where it has no address. */
export function lineOfHosts(line: string): { address: Buffer; names: string[] } | undefined {
  const comment = line.indexOf('#');
  const [first, ...names] = (comment < 0 ? line : line.slice(0, comment))
    .split(/\s+/)
    .filter((word) => word !== '');
  const address = first === undefined ? undefined : addressBytes(first.replace(/%.*/, ''));
  if (address === undefined) return undefined;
  return { address: isMapped(address) ? address.subarray(12) : address, names };
}

// ---------------------------------------------------------------------------------------------------------------------

/** Lines, a millisecond or two. */
const TURN = 100;
/** Names of an address, and addresses of a name: more fill no message, and 0.0.0.0 of a block list has them all. */
const MOST = 256;

const mapped = Buffer.from('00000000000000000000ffff', 'hex');

function isMapped(address: Buffer): boolean {
  return address.length === 16 && address.subarray(0, 12).equals(mapped);
}

/** That of a line. Block lists have one in 160,000 lines: it is in memory once, and so is the list that it is alone in. */
interface LastAddress {
  text: string;
  list: readonly Buffer[];
}

function readLine(table: HostsTable, line: string, { zones, reverse }: HostsRules, last: LastAddress): void {
  const read = lineOfHosts(line);
  if (read === undefined) return;
  const text = read.address.toString('latin1');
  if (text !== last.text) {
    last.text = text;
    last.list = [read.address];
  }
  const [address] = last.list as readonly [Buffer];
  for (const word of read.names) {
    const parsed = parseName(word);
    if (parsed === undefined) continue;
    const name = foldName(parsed);
    const zone = zones.find((suffix) => isBelow(name, suffix));
    if (zone === undefined) continue;
    add(address.length === 4 ? table.ipv4 : table.ipv6, name, last.list);
    addParents(table.parents, name, zone);
    if (reverse && !name.startsWith('\x01*')) add(table.names, text, [name]);
  }
}

/** @param value one, which others may share */
function add<T>(to: Map<string, readonly T[]>, key: string, value: readonly T[]): void {
  const found = to.get(key);
  if (found === undefined) to.set(key, value);
  else if (found.length < MOST) to.set(key, [...found, ...value]);
}

function addParents(parents: Set<WireName>, name: WireName, zone: WireName): void {
  for (let above = name.slice(1 + name.charCodeAt(0)); above.length >= zone.length; ) {
    if (parents.has(above) || above === '') return;
    parents.add(above);
    above = above.slice(1 + above.charCodeAt(0));
  }
}
