// expressions — what an nftables rule does: steps over registers, as the kernel holds it, and words, as `nft` writes it.
//
// A match is two steps: a part of the packet is loaded into a register, and the register is compared. What the kernel shows
// is put into words step by step, and only exactly what is built here gets the words of what is built here: two rules with
// the same words do the same.

import { isIPv6 } from 'node:net';
import { addressBytes, addressText } from '../netlink/address-bytes.ts';
import {
  type Attribute,
  decodeAttributes,
  encodeAttributes,
  networkUint32,
  type ReadAttribute,
  readNetworkUint32,
  textBytes,
  textOf,
} from '../netlink/message.ts';
import type { Packets, Shape } from '../rule-set.ts';

/** NFTA_RULE_EXPRESSIONS of a rule for packets that are not to be tracked. */
export function untracked({
  protocol,
  end,
  address,
  port,
  toSocket,
}: Packets & Pick<Shape, 'toSocket'>): Uint8Array {
  const v6 = isIPv6(address);
  const size = v6 ? 16 : 4;
  const first = v6 ? 8 : 12;
  const transport = end === 'source' ? 0 : 2;
  return encodeAttributes([
    // The chain sees packets of both families: the family is compared before the address.
    meta(META_NFPROTO),
    equals(Uint8Array.of(v6 ? NFPROTO_IPV6 : NFPROTO_IPV4)),
    payload(NETWORK_HEADER, end === 'source' ? first : first + size, size),
    equals(addressBytes(address)),
    meta(META_L4PROTO),
    equals(Uint8Array.of(protocol === 'tcp' ? TCP : UDP)),
    payload(TRANSPORT_HEADER, transport, 2),
    equals(Uint8Array.of(port >> 8, port)),
    ...(toSocket ? [socket(SOCKET_TRANSPARENT), equals(Uint8Array.of(0))] : []),
    expression('notrack'),
  ]);
}

/** Such as `ip daddr 169.254.20.10 udp dport 53 notrack`. @throws RangeError for bytes that are no expressions */
export function expressionsText(expressions: Uint8Array): string {
  const steps = decodeAttributes(expressions).map(readStep);
  const terms: string[] = [];
  for (let i = 0; i < steps.length; ) {
    const pair = pairText(steps.slice(i, i + 4));
    const single = matchText(steps.slice(i, i + 2));
    terms.push(pair ?? single ?? stepText(steps[i]!));
    i += pair !== undefined ? 4 : single !== undefined ? 2 : 1;
  }
  return terms.join(' ');
}

// ---------------------------------------------------------------------------------------------------------------------

// From the kernel's nf_tables.h: attributes, and values of some of them.
const LIST_ELEM = 1;
const EXPR_NAME = 1;
const EXPR_DATA = 2;
const META_DREG = 1;
const META_KEY = 2;
const PAYLOAD_DREG = 1;
const PAYLOAD_BASE = 2;
const PAYLOAD_OFFSET = 3;
const PAYLOAD_LEN = 4;
const CMP_SREG = 1;
const CMP_OP = 2;
const CMP_DATA = 3;
const DATA_VALUE = 1;
const CMP_EQ = 0;
const SOCKET_KEY = 1;
const SOCKET_DREG = 2;
/**
 * Whether the socket has IP_TRANSPARENT, and ours have not: of what can be asked, the one thing that a connection has in each
 * of its states. `wildcard`, which would say it better, is not known of a connection that begins, whose packets would then be
 * tracked, translated, and reset.
 */
const SOCKET_TRANSPARENT = 0;
const REGISTER = 1;
const META_NFPROTO = 15;
const META_L4PROTO = 16;
const NETWORK_HEADER = 1;
const TRANSPORT_HEADER = 2;

const NFPROTO_IPV4 = 2;
const NFPROTO_IPV6 = 10;
const TCP = 6;
const UDP = 17;

function expression(name: string, data?: readonly Attribute[]): Attribute {
  const named: Attribute = [EXPR_NAME, textBytes(name)];
  return [LIST_ELEM, data === undefined ? [named] : [named, [EXPR_DATA, data]]];
}

function meta(key: number): Attribute {
  return expression('meta', [
    [META_KEY, networkUint32(key)],
    [META_DREG, networkUint32(REGISTER)],
  ]);
}

function socket(key: number): Attribute {
  return expression('socket', [
    [SOCKET_KEY, networkUint32(key)],
    [SOCKET_DREG, networkUint32(REGISTER)],
  ]);
}

function payload(base: number, offset: number, length: number): Attribute {
  return expression('payload', [
    [PAYLOAD_DREG, networkUint32(REGISTER)],
    [PAYLOAD_BASE, networkUint32(base)],
    [PAYLOAD_OFFSET, networkUint32(offset)],
    [PAYLOAD_LEN, networkUint32(length)],
  ]);
}

function equals(value: Uint8Array): Attribute {
  return expression('cmp', [
    [CMP_SREG, networkUint32(REGISTER)],
    [CMP_OP, networkUint32(CMP_EQ)],
    [CMP_DATA, [[DATA_VALUE, value]]],
  ]);
}

/** It loads something, compares what was loaded, or does anything else, in the kernel's words. */
type Step = { readonly load: string } | { readonly equals: Uint8Array } | { readonly other: string };

function readStep([type, bytes]: ReadAttribute): Step {
  if (type !== LIST_ELEM) return { other: `[${type} ${hex(bytes)}]` };
  const parts = new Map(decodeAttributes(bytes));
  const name = textOf(parts.get(EXPR_NAME) ?? new Uint8Array(0));
  const data = parts.get(EXPR_DATA);
  if (data === undefined) return { other: name };
  const known = readers.get(name)?.(new Map(decodeAttributes(data)));
  return known ?? { other: `[${name} ${hex(data)}]` };
}

type Data = ReadonlyMap<number, Uint8Array>;

const readers: ReadonlyMap<string, (data: Data) => Step | undefined> = new Map([
  ['meta', readMeta],
  ['payload', readPayload],
  ['socket', readSocket],
  ['cmp', readCmp],
]);

function readMeta(data: Data): Step | undefined {
  const key = data.get(META_KEY);
  if (key === undefined || !onlyHas(data, META_KEY, META_DREG) || !inRegister(data, META_DREG))
    return undefined;
  const number = readNetworkUint32(key);
  return { load: `meta ${{ [META_NFPROTO]: 'nfproto', [META_L4PROTO]: 'l4proto' }[number] ?? number}` };
}

function readSocket(data: Data): Step | undefined {
  const key = data.get(SOCKET_KEY);
  if (key === undefined || !onlyHas(data, SOCKET_KEY, SOCKET_DREG) || !inRegister(data, SOCKET_DREG))
    return undefined;
  return readNetworkUint32(key) === SOCKET_TRANSPARENT ? { load: 'socket transparent' } : undefined;
}

function readPayload(data: Data): Step | undefined {
  const types = [PAYLOAD_BASE, PAYLOAD_OFFSET, PAYLOAD_LEN];
  const [base, offset, length] = types
    .map((type) => data.get(type))
    .map((value) => value && readNetworkUint32(value));
  if (base === undefined || offset === undefined || length === undefined) return undefined;
  if (!onlyHas(data, PAYLOAD_DREG, ...types) || !inRegister(data, PAYLOAD_DREG)) return undefined;
  const header = { [NETWORK_HEADER]: 'nh', [TRANSPORT_HEADER]: 'th' }[base] ?? base;
  return { load: `@${header},${offset * 8},${length * 8}` };
}

function readCmp(data: Data): Step | undefined {
  const [op, nested] = [data.get(CMP_OP), data.get(CMP_DATA)];
  if (op === undefined || nested === undefined || readNetworkUint32(op) !== CMP_EQ) return undefined;
  if (!onlyHas(data, CMP_SREG, CMP_OP, CMP_DATA) || !inRegister(data, CMP_SREG)) return undefined;
  const inner = new Map(decodeAttributes(nested));
  const value = inner.get(DATA_VALUE);
  return value !== undefined && onlyHas(inner, DATA_VALUE) ? { equals: value } : undefined;
}

function onlyHas(data: Data, ...types: number[]): boolean {
  return data.size === types.length && types.every((type) => data.has(type));
}

function inRegister(data: Data, type: number): boolean {
  const register = data.get(type);
  return register !== undefined && readNetworkUint32(register) === REGISTER;
}

/** Two matches that belong together, as `nft` writes them. */
function pairText([what, whatEquals, field, fieldEquals]: readonly Step[]): string | undefined {
  const first = what && whatEquals && matchOf(what, whatEquals);
  const second = field && fieldEquals && matchOf(field, fieldEquals);
  if (first === undefined || second === undefined) return undefined;
  const keyword = pairs[`${first.load} ${hex(first.value)} ${second.load}`];
  if (keyword === undefined || second.value.length * 8 !== Number(second.load.split(',')[2]))
    return undefined;
  const [a = 0, b = 0] = second.value;
  return `${keyword} ${second.load.startsWith('@th') ? (a << 8) | b : addressText(second.value)}`;
}

const pairs: Readonly<Record<string, string>> = {
  'meta nfproto 0x02 @nh,96,32': 'ip saddr',
  'meta nfproto 0x02 @nh,128,32': 'ip daddr',
  'meta nfproto 0x0a @nh,64,128': 'ip6 saddr',
  'meta nfproto 0x0a @nh,192,128': 'ip6 daddr',
  'meta l4proto 0x06 @th,0,16': 'tcp sport',
  'meta l4proto 0x06 @th,16,16': 'tcp dport',
  'meta l4proto 0x11 @th,0,16': 'udp sport',
  'meta l4proto 0x11 @th,16,16': 'udp dport',
};

function matchText([first, second]: readonly Step[]): string | undefined {
  const match = first && second && matchOf(first, second);
  if (match?.load === 'socket transparent' && match.value.length === 1)
    return `${match.load} ${match.value[0]}`;
  return match && `${match.load} ${hex(match.value)}`;
}

function matchOf(first: Step, second: Step): { load: string; value: Uint8Array } | undefined {
  return 'load' in first && 'equals' in second ? { load: first.load, value: second.equals } : undefined;
}

function stepText(step: Step): string {
  if ('other' in step) return step.other;
  return 'load' in step ? `[load ${step.load}]` : `[equals ${hex(step.equals)}]`;
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}
