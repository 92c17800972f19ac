// record-line — one decoded record as a line of a zone file, harmless for a terminal whatever it holds.

import type { Answer } from 'dns-packet';
import { printable } from '../log/log.ts';

export function recordLine(record: Answer): string {
  if (record.type === 'OPT') return '';
  const { name, ttl = 0, class: cls = 'IN' } = record;
  return printable(`${dotted(name)}  ${ttl}  ${cls}  ${typeOf(record.type)}  ${dataOf(record)}`);
}

// ---------------------------------------------------------------------------------------------------------------------

type Data = Exclude<Answer, { type: 'OPT' }>;

function dataOf(record: Data): string {
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return record.data;
    case 'CNAME':
    case 'DNAME':
    case 'NS':
    case 'PTR':
      return dotted(record.data);
    case 'MX':
      return `${record.data.preference ?? 0} ${dotted(record.data.exchange)}`;
    case 'SRV': {
      const { priority = 0, weight = 0, port, target } = record.data;
      return `${priority} ${weight} ${port} ${dotted(target)}`;
    }
    case 'SOA': {
      const { mname, rname, serial, refresh, retry, expire, minimum } = record.data;
      return `${dotted(mname)} ${dotted(rname)} ${serial} ${refresh} ${retry} ${expire} ${minimum}`;
    }
    case 'TXT':
      return [record.data].flat().map(quoted).join(' ');
    case 'CAA':
      return `${record.data.flags ?? 0} ${record.data.tag} ${quoted(record.data.value)}`;
    default:
      return Buffer.isBuffer(record.data) ? generic(record.data) : fields(record.data);
  }
}

function dotted(name: string): string {
  return name.endsWith('.') ? name : `${name}.`;
}

/** HTTPS and SVCB have no name in dns-packet; others are written as RFC 3597 section 5 says. */
function typeOf(type: string): string {
  const number = /^UNKNOWN_(\d+)$/.exec(type)?.[1];
  if (number === undefined) return type;
  return { '64': 'SVCB', '65': 'HTTPS' }[number] ?? `TYPE${number}`;
}

/** RFC 3597 section 5: data of a type that has no form of its own. */
function generic(data: Buffer): string {
  return `\\# ${data.length} ${data.toString('hex')}`;
}

function quoted(text: string | Buffer): string {
  return `"${text.toString().replace(/["\\]/g, '\\$&')}"`;
}

function fields(data: object): string {
  return Object.values(data)
    .map((value: unknown) => (Buffer.isBuffer(value) ? value.toString('base64') : String(value)))
    .join(' ');
}
