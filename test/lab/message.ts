// message — a DNS message taken apart for tests, strictly: whatever is not well formed throws.

import { types } from './wire.ts';

export interface Resource {
  /** Uncompressed wire bytes. */
  readonly name: Buffer;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  /** With names uncompressed in the types of RFC 1035 that may compress them. */
  readonly rdata: Buffer;
}

export interface Edns {
  readonly size: number;
  readonly do: boolean;
  /** The 15 bits beside DO. */
  readonly reserved: number;
  readonly version: number;
  readonly extendedRcode: number;
  readonly options: readonly { readonly code: number; readonly data: Buffer }[];
}

export interface Message {
  readonly bytes: Buffer;
  readonly id: number;
  readonly qr: boolean;
  readonly opcode: number;
  readonly aa: boolean;
  readonly tc: boolean;
  readonly rd: boolean;
  readonly ra: boolean;
  readonly z: boolean;
  readonly ad: boolean;
  readonly cd: boolean;
  /** Without the bits EDNS adds. */
  readonly rcode: number;
  /** The section itself; empty without a question. */
  readonly question: Buffer;
  readonly answer: readonly Resource[];
  readonly authority: readonly Resource[];
  /** Without OPT. */
  readonly additional: readonly Resource[];
  readonly edns: Edns | undefined;
}

export function parseMessage(message: Uint8Array): Message {
  const bytes = Buffer.from(message);
  const second = bytes.readUInt16BE(2);
  const bit = (value: number) => (second & value) !== 0;
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at));
  if (questions! > 1) throw new Error(`${questions} questions`);
  const reader = new Reader(bytes, 12);
  if (questions === 1) {
    reader.name();
    reader.skip(4);
  }
  const question = bytes.subarray(12, reader.at);
  const section = (count: number) => Array.from({ length: count }, () => reader.record());
  const [answer, authority, all] = [section(answers!), section(authorities!), section(additionals!)];
  if (reader.at !== bytes.length) throw new Error(`${bytes.length - reader.at} bytes after the message`);
  const opts = all.filter(({ type }) => type === types.OPT);
  if (opts.length > 1) throw new Error(`${opts.length} OPT records`);
  return {
    bytes,
    id: bytes.readUInt16BE(0),
    qr: bit(0x8000),
    opcode: (second >> 11) & 15,
    aa: bit(0x0400),
    tc: bit(0x0200),
    rd: bit(0x0100),
    ra: bit(0x0080),
    z: bit(0x0040),
    ad: bit(0x0020),
    cd: bit(0x0010),
    rcode: second & 15,
    question,
    answer,
    authority,
    additional: all.filter(({ type }) => type !== types.OPT),
    edns: opts[0] && readEdns(opts[0]),
  };
}

/** The IPv4 addresses of the answer section, in order. */
export function addresses({ answer }: Message): string[] {
  return answer.filter(({ type }) => type === types.A).map(({ rdata }) => rdata.join('.'));
}

/** All TTLs, OPT apart. */
export function ttls({ answer, authority, additional }: Message): number[] {
  return [...answer, ...authority, ...additional].map(({ ttl }) => ttl);
}

/** Presentation form for messages of failed tests; unusual bytes as \DDD. */
export function nameText(wire: Uint8Array): string {
  const labels: string[] = [];
  for (let at = 0; wire[at]; at += 1 + wire[at]!) {
    const label = wire.subarray(at + 1, at + 1 + wire[at]!);
    labels.push(Array.from(label, spell).join(''));
  }
  return labels.length === 0 ? '.' : labels.join('.');
}

// ---------------------------------------------------------------------------------------------------------------------

function spell(byte: number): string {
  const char = String.fromCharCode(byte);
  return /[\w*-]/.test(char) ? char : `\\${String(byte).padStart(3, '0')}`;
}

function readEdns({ name, class: size, ttl, rdata }: Resource): Edns {
  if (name.length !== 1) throw new Error('OPT with an owner');
  const found: { code: number; data: Buffer }[] = [];
  for (let at = 0; at < rdata.length; ) {
    const end = at + 4 + rdata.readUInt16BE(at + 2);
    if (end > rdata.length) throw new Error('EDNS option overruns its record');
    found.push({ code: rdata.readUInt16BE(at), data: rdata.subarray(at + 4, end) });
    at = end;
  }
  return {
    size,
    do: (ttl & 0x8000) !== 0,
    reserved: ttl & 0x7fff,
    version: (ttl >>> 16) & 255,
    extendedRcode: ttl >>> 24,
    options: found,
  };
}

/** Names inside the RDATA of these types may be compressed (RFC 3597 §4): where they start and how many follow. */
const compressible = new Map<number, readonly [skip: number, names: number]>([
  [types.NS, [0, 1]],
  [types.CNAME, [0, 1]],
  [types.PTR, [0, 1]],
  [types.SOA, [0, 2]],
  [types.MX, [2, 1]],
  ...[3, 4, 7, 8, 9].map((type): [number, [number, number]] => [type, [0, 1]]), // MD, MF, MB, MG, MR
  [14, [0, 2]], // MINFO
]);

class Reader {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  skip(count: number): Buffer {
    const from = this.at;
    this.at += count;
    if (this.at > this.#bytes.length)
      throw new Error(`message ends at ${this.#bytes.length}, read to ${this.at}`);
    return this.#bytes.subarray(from, this.at);
  }

  record(): Resource {
    const name = this.name();
    const fixed = this.skip(10);
    const type = fixed.readUInt16BE(0);
    const end = this.at + fixed.readUInt16BE(8);
    const [skip, names] = compressible.get(type) ?? [0, 0];
    const parts = names === 0 || end === this.at ? [] : [this.skip(skip)];
    if (parts.length > 0) for (let i = 0; i < names; i++) parts.push(this.name());
    parts.push(this.skip(end - this.at));
    return {
      name,
      type,
      class: fixed.readUInt16BE(2),
      ttl: fixed.readUInt32BE(4),
      rdata: Buffer.concat(parts),
    };
  }

  name(): Buffer {
    const labels: Buffer[] = [];
    let limit = this.at;
    let back: number | undefined;
    for (;;) {
      const length = this.skip(1).readUInt8();
      if (length >= 0xc0) {
        const target = ((length & 0x3f) << 8) | this.skip(1).readUInt8();
        back ??= this.at;
        if (target >= limit || target < 12) throw new Error(`pointer to ${target}`);
        limit = target;
        this.at = target;
      } else if (length > 63) {
        throw new Error(`label type ${length}`);
      } else {
        labels.push(Buffer.of(length), Buffer.from(this.skip(length)));
        if (length === 0) break;
      }
    }
    this.at = back ?? this.at;
    return Buffer.concat(labels);
  }
}
