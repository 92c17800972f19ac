// table — the nftables table of twindns: what it is to hold, step by step, and what the kernel says it holds.
//
// Only what is to be untracked needs a rule. The other half of node-cache's rules, which accept DNS, would do nothing here:
// an accept ends the way through one base chain, but the chains of other tables still see the packet, and a drop in any of
// them is final. In iptables all rules are in the same chain, so an accept at its head helps. A firewall of the node that
// lets in only tracked packets has to make an exception itself.

import {
  type Attribute,
  attribute,
  decodeAttributes,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_EXCL,
  networkUint32,
  type ReadAttribute,
  readNetworkUint32,
  textBytes,
  textOf,
} from '../netlink/message.ts';
import type { NetlinkRequest } from '../netlink/netlink.ts';
import {
  comments,
  isOfHostClients,
  type Matching,
  type Rule,
  type Served,
  wantedRules,
} from '../rule-set.ts';
import { expressionsText, untracked } from './expressions.ts';
import * as nft from './numbers.ts';

/** Of all rules, and of those for host clients alone, beside rules of iptables: a node may have both while one replaces the other. */
export const tableNames = { all: 'twindns', hostClients: 'twindns-host' } as const;
export type Contents = keyof typeof tableNames;

/** A request to the kernel, and a line that says the same: with `nft add` in front it is a command. */
export interface NftStep {
  readonly line: string;
  readonly request: NetlinkRequest;
}

/** Nothing for no addresses. */
export function wantedSteps(
  served: Served,
  contents: Contents = 'all',
  matching: Matching = { sockets: true },
): NftStep[] {
  const name = tableNames[contents];
  const rules = wantedRules(served, matching).filter((rule) =>
    contents === 'all' ? rule.table === 'raw' : isOfHostClients(rule, served),
  );
  if (rules.length === 0) return [];
  const chains = contents === 'all' ? (['prerouting', 'output'] as const) : (['output'] as const);
  return [
    newTable(name),
    ...chains.map((chain) => newChain(name, chain)),
    ...rules.map((rule) => newRule(name, rule)),
  ];
}

/** As opposed to the line of a chain or the table. */
export function isRule(line: string): boolean {
  return line.startsWith('rule ');
}

export function tableRemoval(name: string): NetlinkRequest {
  return nft.nftRequest(nft.DELTABLE, 0, [[nft.TABLE_NAME, textBytes(name)]]);
}

/** Of all rules; the chains stay. */
export function rulesRemoval(name: string): NetlinkRequest {
  return nft.nftRequest(nft.DELRULE, 0, [[nft.RULE_TABLE, textBytes(name)]]);
}

export function tableQuestion(name: string): NetlinkRequest {
  return nft.nftRequest(nft.GETTABLE, 0, [[nft.TABLE_NAME, textBytes(name)]]);
}

/** About all tables of the family: the kernel does not select those of one. */
export const chainsQuestion = nft.nftRequest(nft.GETCHAIN, 0, []);

export function rulesQuestion(name: string): NetlinkRequest {
  return nft.nftRequest(nft.GETRULE, 0, [[nft.RULE_TABLE, textBytes(name)]]);
}

/** The owner is the port of a netlink socket. @throws RangeError for bytes that describe no table */
export function readTable(payload: Uint8Array): { line: string; owner: number | undefined } {
  const parts = nft.nftAttributes(payload);
  const line = tableLine(stringOf(parts, nft.TABLE_NAME), numberOf(parts, nft.TABLE_FLAGS) ?? 0);
  return { line, owner: numberOf(parts, nft.TABLE_OWNER) };
}

/** Undefined for a chain of another table. @throws RangeError for bytes that describe no chain */
export function readChain(payload: Uint8Array, table: string = tableNames.all): string | undefined {
  const parts = nft.nftAttributes(payload);
  if (stringOf(parts, nft.CHAIN_TABLE) !== table) return undefined;
  const name = stringOf(parts, nft.CHAIN_NAME);
  const place = attribute(parts, nft.CHAIN_HOOK);
  if (place === undefined) return `chain inet ${table} ${name}`;
  const hook = decodeAttributes(place);
  return chainLine(table, name, {
    type: stringOf(parts, nft.CHAIN_TYPE),
    hook: numberOf(hook, nft.HOOK_NUMBER) ?? 0,
    priority: (numberOf(hook, nft.HOOK_PRIORITY) ?? 0) | 0,
    policy: numberOf(parts, nft.CHAIN_POLICY) ?? 0,
  });
}

/** Undefined for a rule of another table. @throws RangeError for bytes that describe no rule */
export function readRule(payload: Uint8Array, table: string = tableNames.all): string | undefined {
  const parts = nft.nftAttributes(payload);
  if (stringOf(parts, nft.RULE_TABLE) !== table) return undefined;
  return ruleLine(
    table,
    stringOf(parts, nft.RULE_CHAIN),
    attribute(parts, nft.RULE_EXPRESSIONS) ?? none,
    attribute(parts, nft.RULE_USERDATA) ?? none,
  );
}

// ---------------------------------------------------------------------------------------------------------------------

/** Ahead of connection tracking. */
const PRIORITY_RAW = -300;

const none = new Uint8Array(0);

function newTable(name: string): NftStep {
  // Not `persist`, which would keep the table when its owners are gone: it is to go with them.
  const flags = nft.tableFlags.owner;
  const attributes: Attribute[] = [
    [nft.TABLE_NAME, textBytes(name)],
    [nft.TABLE_FLAGS, networkUint32(flags)],
  ];
  return {
    line: tableLine(name, flags),
    request: nft.nftRequest(nft.NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, attributes),
  };
}

function newChain(table: string, name: 'prerouting' | 'output'): NftStep {
  const place = {
    type: 'filter',
    hook: nft.hooks.indexOf(name),
    priority: PRIORITY_RAW,
    policy: nft.policies.indexOf('accept'),
  };
  const request = nft.nftRequest(nft.NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, [
    [nft.CHAIN_TABLE, textBytes(table)],
    [nft.CHAIN_NAME, textBytes(name)],
    [
      nft.CHAIN_HOOK,
      [
        [nft.HOOK_NUMBER, networkUint32(place.hook)],
        [nft.HOOK_PRIORITY, networkUint32(place.priority)],
      ],
    ],
    [nft.CHAIN_POLICY, networkUint32(place.policy)],
    [nft.CHAIN_TYPE, textBytes(place.type)],
  ]);
  return { line: chainLine(table, name, place), request };
}

function newRule(table: string, rule: Rule): NftStep {
  const chain = rule.chain.toLowerCase();
  const expressions = untracked(rule);
  const text = textBytes(comments.NOTRACK);
  const userdata = Uint8Array.of(nft.USERDATA_COMMENT, text.length, ...text);
  const request = nft.nftRequest(nft.NEWRULE, NLM_F_CREATE | NLM_F_APPEND, [
    [nft.RULE_TABLE, textBytes(table)],
    [nft.RULE_CHAIN, textBytes(chain)],
    [nft.RULE_EXPRESSIONS, decodeAttributes(expressions)],
    [nft.RULE_USERDATA, userdata],
  ]);
  return { line: ruleLine(table, chain, expressions, userdata), request };
}

function tableLine(name: string, flags: number): string {
  const names = Object.entries(nft.tableFlags).filter(([, bit]) => (flags & bit) !== 0);
  return `table inet ${name} { flags ${names.map(([flag]) => flag).join(', ')}; }`;
}

interface Place {
  readonly type: string;
  readonly hook: number;
  readonly priority: number;
  readonly policy: number;
}

function chainLine(table: string, name: string, { type, hook, priority, policy }: Place): string {
  const where = `type ${type} hook ${nft.hooks[hook] ?? hook} priority ${priority}`;
  return `chain inet ${table} ${name} { ${where}; policy ${nft.policies[policy] ?? policy}; }`;
}

function ruleLine(table: string, chain: string, expressions: Uint8Array, userdata: Uint8Array): string {
  const words = `rule inet ${table} ${chain} ${expressionsText(expressions)}`;
  const said = commentOf(userdata);
  return said === undefined ? words : `${words} comment "${said}"`;
}

function commentOf(userdata: Uint8Array): string | undefined {
  for (let at = 0; at + 2 <= userdata.length; at += 2 + userdata[at + 1]!) {
    const value = userdata.subarray(at + 2, at + 2 + userdata[at + 1]!);
    if (userdata[at] === nft.USERDATA_COMMENT) return textOf(value);
  }
  return undefined;
}

function stringOf(parts: readonly ReadAttribute[], type: number): string {
  return textOf(attribute(parts, type) ?? none);
}

function numberOf(parts: readonly ReadAttribute[], type: number): number | undefined {
  const bytes = attribute(parts, type);
  return bytes && readNetworkUint32(bytes);
}
