// extended-errors — the Extended DNS Errors of a reply (RFC 8914) in words, and what those mean that an instance makes.

import type { DecodedPacket } from 'dns-packet';

export interface ExtendedError {
  readonly code: number;
  /** As IANA's registry names it. */
  readonly name: string;
  /** What the server adds; mostly nothing. */
  readonly text: string;
}

/** Those of a reply, in its order. */
export function extendedErrors({ additionals = [] }: DecodedPacket): ExtendedError[] {
  return additionals
    .flatMap((record) => (record.type === 'OPT' ? record.options : []))
    .flatMap((option) => {
      const { code, data } = option as { readonly code: number; readonly data?: unknown };
      if (code !== EDE || !Buffer.isBuffer(data) || data.length < 2) return [];
      const info = data.readUInt16BE(0);
      return [
        { code: info, name: extendedErrorName(info), text: data.toString('utf8', 2).replace(/\0+$/, '') },
      ];
    });
}

export function extendedErrorName(code: number): string {
  return names[code] ?? `code ${code}`;
}

/** A line for people, without its end. */
export function extendedErrorLine({ code, name, text }: ExtendedError): string {
  const meaning = meanings[code];
  const said = text === '' ? '' : `, ${JSON.stringify(text)}`;
  return `EDE ${code} (${name}${said})${meaning === undefined ? '' : `: ${meaning}`}`;
}

// ---------------------------------------------------------------------------------------------------------------------

/** The option's code. */
const EDE = 15;

const names: readonly string[] = [
  'Other',
  'Unsupported DNSKEY Algorithm',
  'Unsupported DS Digest Type',
  'Stale Answer',
  'Forged Answer',
  'DNSSEC Indeterminate',
  'DNSSEC Bogus',
  'Signature Expired',
  'Signature Not Yet Valid',
  'DNSKEY Missing',
  'RRSIGs Missing',
  'No Zone Key Bit Set',
  'NSEC Missing',
  'Cached Error',
  'Not Ready',
  'Blocked',
  'Censored',
  'Filtered',
  'Prohibited',
  'Stale NXDOMAIN Answer',
  'Not Authoritative',
  'Not Supported',
  'No Reachable Authority',
  'Network Error',
  'Invalid Data',
  'Signature Expired before Valid',
  'Too Early',
  'Unsupported NSEC3 Iterations Value',
  'Unable to conform to policy',
  'Synthesized',
  'Invalid Query Type',
];

const meanings: Readonly<Record<number, string>> = {
  3: 'old data, since no server has answered in time',
  13: 'this failure is from the cache; servers are asked again within 5 s',
  19: 'old data, since no server has answered in time: that the name does not exist',
  22: 'no server has answered',
  23: 'the network says that there is no way to any server',
};
