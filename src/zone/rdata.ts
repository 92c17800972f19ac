// rdata — what the data of a record is made of, by its type: where names lie in it, and in which order its text gives its fields.

import { TYPE_A, TYPE_AAAA, TYPE_CNAME, TYPE_DNAME, TYPE_RRSIG, TYPE_SOA } from '../message/message.ts';

/**
 * u8, u16, u32: numbers; seconds: a u32 that may be written with units; string: with its length in a byte before it (RFC 1035
 * section 3.3). What goes to the end: strings; value: bytes without a length; hex; base64; params: those of SVCB.
 */
export type Field =
  | 'u8'
  | 'u16'
  | 'u32'
  | 'seconds'
  | 'type'
  | 'ipv4'
  | 'ipv6'
  | 'name'
  | 'string'
  | 'strings'
  | 'value'
  | 'hex'
  | 'base64'
  | 'params';

export const TYPE_NS = 2;
export const TYPE_PTR = 12;
export const TYPE_MX = 15;
export const TYPE_TXT = 16;
export const TYPE_SRV = 33;
export const TYPE_SVCB = 64;
export const TYPE_HTTPS = 65;

const oneName: readonly Field[] = ['name'];
const twoNames: readonly Field[] = ['name', 'name'];
const preferred: readonly Field[] = ['u16', 'name'];

/** Those whose names may come compressed, by the rules of RFC 1035 or before there were rules (RFC 3597 section 4). */
const old: readonly (readonly [number, readonly Field[]])[] = [
  [TYPE_NS, oneName],
  [3, oneName], // MD
  [4, oneName], // MF
  [TYPE_CNAME, oneName],
  [TYPE_SOA, ['name', 'name', 'u32', 'seconds', 'seconds', 'seconds', 'seconds']],
  [7, oneName], // MB
  [8, oneName], // MG
  [9, oneName], // MR
  [TYPE_PTR, oneName],
  [14, twoNames], // MINFO
  [TYPE_MX, preferred],
  [17, twoNames], // RP
  [18, preferred], // AFSDB
  [21, preferred], // RT
  [24, ['type', 'u8', 'u8', 'u32', 'u32', 'u32', 'u16', 'name', 'base64']], // SIG
  [26, ['u16', 'name', 'name']], // PX
  [30, ['name', 'hex']], // NXT
  [TYPE_SRV, ['u16', 'u16', 'u16', 'name']],
  [35, ['u16', 'u16', 'string', 'string', 'string', 'name']], // NAPTR
  [36, preferred], // KX
  [TYPE_DNAME, oneName],
];

const service: readonly Field[] = ['u16', 'name', 'params'];

const others: readonly (readonly [number, readonly Field[]])[] = [
  [TYPE_A, ['ipv4']],
  [TYPE_AAAA, ['ipv6']],
  [13, ['string', 'string']], // HINFO
  [TYPE_TXT, ['strings']],
  [43, ['u16', 'u8', 'u8', 'hex']], // DS
  [44, ['u8', 'u8', 'hex']], // SSHFP
  [TYPE_RRSIG, ['type', 'u8', 'u8', 'u32', 'u32', 'u32', 'u16', 'name', 'base64']],
  [48, ['u16', 'u8', 'u8', 'base64']], // DNSKEY
  [52, ['u8', 'u8', 'u8', 'hex']], // TLSA
  [TYPE_SVCB, service],
  [TYPE_HTTPS, service],
  [99, ['strings']], // SPF
  [256, ['u16', 'u16', 'value']], // URI
  [257, ['u8', 'string', 'value']], // CAA
];

/** Layouts whose names have to be expanded when their message is taken apart. */
export const layoutsWithNames: ReadonlyMap<number, readonly Field[]> = new Map(old);

/** Layouts of types whose data has a text of its own. */
export const layouts: ReadonlyMap<number, readonly Field[]> = new Map([...old, ...others]);
