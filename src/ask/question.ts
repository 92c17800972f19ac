// question — what `twindns query` asks, as a message: a name, or an address backwards, and a type.

import { randomInt } from 'node:crypto';
import { isIP } from 'node:net';
import type { Packet } from 'dns-packet';
import { AUTHENTIC_DATA, encode, RECURSION_DESIRED } from 'dns-packet';
import { TwindnsError } from '../errors.ts';
import { addressBytes } from '../zone/ip-address.ts';

export interface Asked {
  readonly name: string;
  /** `A`, `HTTPS`, `TYPE65`, … in any case. */
  readonly type: string;
  readonly dnssec: boolean;
}

/** @throws TwindnsError USAGE where name or type is none */
export function encodeQuery({ name, type, dnssec }: Asked): Buffer {
  const query: Packet = {
    type: 'query',
    id: randomInt(0x10000),
    flags: RECURSION_DESIRED | (dnssec ? AUTHENTIC_DATA : 0),
    questions: [{ name: checkedName(name), type: typeName(type) }],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: 1232,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: dnssec ? 0x8000 : 0,
        flag_do: dnssec,
        options: [],
      },
    ],
  };
  return encode(query);
}

/** The name under which an address has its name. @throws TwindnsError USAGE where it is no address */
export function reverseName(address: string): string {
  const bytes = isIP(address) === 0 ? undefined : addressBytes(address);
  if (bytes === undefined) {
    throw new TwindnsError(
      'USAGE',
      `${JSON.stringify(address)} is not an IP address. Give one such as 10.96.0.1 or fd00::1.`,
    );
  }
  if (bytes.length === 4) return `${[...bytes].reverse().join('.')}.in-addr.arpa`;
  return `${[...bytes.toString('hex')].reverse().join('.')}.ip6.arpa`;
}

// ---------------------------------------------------------------------------------------------------------------------

/** dns-packet would encode a label that is too long, and a name with one is another name on the wire. */
function checkedName(name: string): string {
  const labels = name.replace(/\.$/, '').split('.');
  const fits =
    labels.every((label) => label !== '' && Buffer.byteLength(label) <= 63) && Buffer.byteLength(name) <= 253;
  if (name === '.' || fits) return name;
  throw new TwindnsError(
    'USAGE',
    `${JSON.stringify(name)} is not a domain name. Give labels of at most 63 bytes joined by dots.`,
  );
}

type TypeName = NonNullable<Packet['questions']>[number]['type'];

/** Types that dns-packet has no name for are written UNKNOWN_n there. */
function typeName(text: string): TypeName {
  const word = text.toUpperCase();
  const number =
    { HTTPS: 65, SVCB: 64, SMIMEA: 53, OPENPGPKEY: 61 }[word] ?? /^TYPE(\d{1,5})$/.exec(word)?.[1];
  const name = (number === undefined ? word : `UNKNOWN_${number}`) as TypeName;
  const bytes = encode({ questions: [{ name: '.', type: name }] });
  if (number === undefined && bytes.readUInt16BE(13) === 0) {
    throw new TwindnsError(
      'USAGE',
      `${JSON.stringify(text)} is not a record type. Give one such as A, AAAA, SRV, HTTPS or TYPE65.`,
    );
  }
  return name;
}
