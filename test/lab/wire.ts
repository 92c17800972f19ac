// wire — DNS messages built by hand for tests, byte by byte, so that a fault in src/ cannot hide itself here.
//
// Names are bytes: a string is split at its dots, an array gives the labels themselves, dots and binary included.

export const types = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  TLSA: 52,
  SVCB: 64,
  HTTPS: 65,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  URI: 256,
  CAA: 257,
} as const;

export const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;

/** Bits of the header's second word. */
export const flags = {
  QR: 0x8000,
  AA: 0x0400,
  TC: 0x0200,
  RD: 0x0100,
  RA: 0x0080,
  Z: 0x0040,
  AD: 0x0020,
  CD: 0x0010,
};

/** Option codes of EDNS. */
export const options = { NSID: 3, ECS: 8, COOKIE: 10, KEEPALIVE: 11, PADDING: 12, EDE: 15 } as const;

export type Name = string | readonly (string | Uint8Array)[];

export interface EdnsSpec {
  readonly size?: number;
  readonly do?: boolean;
  /** The low 15 bits, which must be zero. */
  readonly reserved?: number;
  readonly version?: number;
  /** High 8 bits of the RCODE. */
  readonly extendedRcode?: number;
  readonly options?: readonly { readonly code: number; readonly data: Uint8Array }[];
}

export interface QuerySpec {
  readonly name?: Name;
  readonly type?: number;
  readonly class?: number;
  readonly id?: number;
  /** The header's second word; RD alone unless given. */
  readonly flags?: number;
  readonly edns?: EdnsSpec;
}

export interface RecordSpec {
  /** Left out: a pointer to the question's name. */
  readonly owner?: Name;
  readonly type: number;
  readonly class?: number;
  readonly ttl?: number;
  readonly rdata: Uint8Array;
}

export interface ReplySpec {
  readonly rcode?: number;
  /** Extra bits of the header's second word; QR, RA and the query's RD are there already. */
  readonly flags?: number;
  readonly answer?: readonly RecordSpec[];
  readonly authority?: readonly RecordSpec[];
  readonly additional?: readonly RecordSpec[];
  readonly edns?: EdnsSpec;
  readonly id?: number;
  /** Instead of the query's own question section. */
  readonly question?: Uint8Array;
}

export function nameBytes(name: Name): Buffer {
  const labels = typeof name === 'string' ? name.split('.').filter((label) => label !== '') : name;
  const parts = labels.map((label) => {
    const bytes = typeof label === 'string' ? Buffer.from(label, 'latin1') : Buffer.from(label);
    if (bytes.length === 0 || bytes.length > 63) throw new RangeError(`label of ${bytes.length} bytes`);
    return Buffer.concat([Buffer.of(bytes.length), bytes]);
  });
  return Buffer.concat([...parts, Buffer.of(0)]);
}

export function questionBytes(name: Name, type: number = types.A, qclass = 1): Buffer {
  return Buffer.concat([nameBytes(name), words(type, qclass)]);
}

export function header(id: number, second: number, counts: readonly number[]): Buffer {
  return words(id, second, ...counts);
}

export function buildQuery(spec: QuerySpec = {}): Buffer {
  const { name = 'example.com', type = types.A, class: qclass = 1, flags: second = flags.RD, edns } = spec;
  const id = spec.id ?? 1 + Math.floor(Math.random() * 65_534);
  const parts = [header(id, second, [1, 0, 0, edns ? 1 : 0]), questionBytes(name, type, qclass)];
  return Buffer.concat(edns ? [...parts, ednsBytes(edns)] : parts);
}

/** The question section of a well-made query or reply, as bytes. */
export function questionOf(message: Uint8Array): Buffer {
  const bytes = Buffer.from(message);
  let at = 12;
  while (bytes[at] !== 0) at += 1 + bytes.readUInt8(at);
  return bytes.subarray(12, at + 5);
}

export function buildReply(query: Uint8Array, spec: ReplySpec = {}): Buffer {
  const asked = Buffer.from(query);
  const { answer = [], authority = [], additional = [], edns, rcode = rcodes.NOERROR } = spec;
  const question = spec.question ?? questionOf(asked);
  const second =
    flags.QR | flags.RA | (asked.readUInt16BE(2) & (flags.RD | flags.CD)) | (spec.flags ?? 0) | rcode;
  const counts = [
    question.length > 0 ? 1 : 0,
    answer.length,
    authority.length,
    additional.length + (edns ? 1 : 0),
  ];
  const records = [...answer, ...authority, ...additional].map(recordBytes);
  const parts = [header(spec.id ?? asked.readUInt16BE(0), second, counts), question, ...records];
  return Buffer.concat(edns ? [...parts, ednsBytes(edns)] : parts);
}

export function recordBytes({ owner, type, class: rclass = 1, ttl = 30, rdata }: RecordSpec): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(rclass, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(rdata.length, 8);
  return Buffer.concat([owner === undefined ? Buffer.of(0xc0, 12) : nameBytes(owner), fixed, rdata]);
}

export function ednsBytes(edns: EdnsSpec): Buffer {
  const rdata = (edns.options ?? []).map(({ code, data }) => Buffer.concat([words(code, data.length), data]));
  const ttl = (edns.extendedRcode ?? 0) * 2 ** 24 + (edns.version ?? 0) * 2 ** 16;
  return recordBytes({
    owner: '.',
    type: types.OPT,
    class: edns.size ?? 1232,
    ttl: ttl + (edns.do ? 0x8000 : 0) + (edns.reserved ?? 0),
    rdata: Buffer.concat(rdata),
  });
}

/** Over TCP a message follows its length. */
export function frame(message: Uint8Array): Buffer {
  return Buffer.concat([words(message.length), message]);
}

/** Big-endian 16-bit words. */
export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, 2 * index);
  return bytes;
}
