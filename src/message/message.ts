// message — the DNS header and its numbers (RFC 1035 section 4.1, RFC 6895).

export const HEADER_LENGTH = 12;

/** Byte offsets in the header. */
export const FLAGS = 2;
export const QDCOUNT = 4;
export const ANCOUNT = 6;
export const NSCOUNT = 8;
export const ARCOUNT = 10;

/** Bits of the 16-bit flags word. */
export const QR = 0x8000;
export const OPCODE_MASK = 0x7800;
export const AA = 0x0400;
export const TC = 0x0200;
export const RD = 0x0100;
export const RA = 0x0080;
export const AD = 0x0020;
export const CD = 0x0010;
export const RCODE_MASK = 0x000f;
/** What every reply of ours copies from its query. */
export const COPIED_FLAGS = RD | CD | OPCODE_MASK;

/** What the steps of a query's path come to: NOERROR to go on, or what the query is refused with. */
export type Rcode = number;
export const NOERROR = 0;
export const FORMERR = 1;
export const SERVFAIL = 2;
export const NXDOMAIN = 3;
export const NOTIMP = 4;
export const REFUSED = 5;
/** Extended: its upper bits travel in the OPT record (RFC 6891 section 9). */
export const BADVERS = 16;

export const TYPE_A = 1;
export const TYPE_CNAME = 5;
export const TYPE_SOA = 6;
export const TYPE_AAAA = 28;
export const TYPE_DNAME = 39;
export const TYPE_OPT = 41;
export const TYPE_RRSIG = 46;
export const TYPE_ANY = 255;
export const CLASS_IN = 1;

/** Longest name in wire form, its root label included (RFC 1035 section 2.3.4). */
export const MAX_NAME = 255;
export const MAX_LABEL = 63;

export const MAX_UDP_WITHOUT_EDNS = 512;
/** What we advertise, to upstreams above all: fits the IPv6 minimum MTU, so nothing is fragmented on its way (RFC 9715). */
export const ADVERTISED_UDP = 1232;
export const MAX_TCP = 65535;

export function readUint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!;
}

export function writeUint16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8;
  bytes[offset + 1] = value;
}

export function readUint32(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>>
    0
  );
}

export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}

/** For the few bytes of a question a loop beats the native copy's call. */
export function copyBytes(
  from: Uint8Array,
  fromOffset: number,
  to: Uint8Array,
  toOffset: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) to[toOffset + i] = from[fromOffset + i]!;
}
