// upstream-script — how the upstreams of both servers answer: by a label of the name and the type alone, so that what one server asked
// changes nothing for the other.

import { nameText, parseMessage } from '../../lab/message.ts';
import { a, aaaa, cname, manyAddresses, ns, opaque, rrsig, soa, txt } from '../../lab/records.ts';
import type { Received, Script } from '../../lab/scripts.ts';
import {
  buildReply,
  flags,
  nameBytes,
  type RecordSpec,
  type ReplySpec,
  rcodes,
  types,
  words,
} from '../../lab/wire.ts';

/** Those it knows; a name with none of them has a record of most types. */
export const labels = [
  ...[
    'www',
    'web',
    'db',
    'nx',
    'nodata',
    'nosoa',
    'servfail',
    'refused',
    'many',
    'long',
    'alias',
    'alias-nx',
  ],
  ...['v4only', 'v6only', 'ad', 'aa', 'extra', 'ttl0', 'ttl1', 'day'],
] as const;

/** @param host last octet of the addresses it answers with: which upstream gave an answer is seen by them */
export function answering(host: number): Script {
  return (query) => {
    const { edns } = parseMessage(query.bytes);
    const spec = {
      ...replyFor(query, host, edns?.do ?? false),
      ...(edns && { edns: { size: 1232, do: edns.do } }),
    };
    const whole = buildReply(query.bytes, spec);
    if (query.transport === 'tcp' || whole.length <= Math.max(512, edns?.size ?? 512)) return whole;
    return buildReply(query.bytes, { flags: flags.TC, ...(edns && { edns: { size: 1232, do: edns.do } }) });
  };
}

// ---------------------------------------------------------------------------------------------------------------------

const zone = 'example.com';

function replyFor({ name, type }: Received, host: number, signed: boolean): ReplySpec {
  const parts = nameText(name).toLowerCase().split('.');
  const has = (label: (typeof labels)[number]) => parts.includes(label);
  const absent = [absence(parts.slice(-2).join('.'))]; // zones have two labels
  const ttl = has('ttl0') ? 0 : has('ttl1') ? 1 : has('day') ? 86_400 : 300;
  const signature = (covered: number) => (signed ? [rrsig(covered, { ttl })] : []);
  if (has('servfail')) return { rcode: rcodes.SERVFAIL };
  if (has('refused')) return { rcode: rcodes.REFUSED };
  if (has('nosoa')) return { rcode: rcodes.NXDOMAIN };
  if (has('nx')) return { rcode: rcodes.NXDOMAIN, authority: absent };
  if (has('alias-nx'))
    return { rcode: rcodes.NXDOMAIN, answer: [cname(`nx.${zone}`, { ttl })], authority: [absence(zone)] };
  const records = recordsOf(type, host, ttl);
  const isAbsent =
    has('nodata') ||
    records.length === 0 ||
    (has('v4only') && type === types.AAAA) ||
    (has('v6only') && type === types.A);
  if (isAbsent) return { authority: absent };
  if (has('alias') && type !== types.CNAME) {
    const there = records.map((record) => ({ ...record, owner: `there.${zone}` }));
    return { answer: [cname(`there.${zone}`, { ttl }), ...there] };
  }
  if (has('many') && type === types.A) return { answer: manyAddresses(80, { ttl }) };
  if (has('long') && type === types.TXT) return { answer: [txt({ ttl }, ...Array(5).fill('x'.repeat(200)))] };
  return {
    flags: (has('ad') ? flags.AD : 0) | (has('aa') ? flags.AA : 0),
    answer: [...records, ...signature(type)],
    ...(has('extra') && {
      authority: [ns(`ns.${zone}`, { owner: zone, ttl })],
      additional: [a(`192.0.2.${host}`, { owner: `ns.${zone}`, ttl })],
    }),
  };
}

function absence(owner: string): RecordSpec {
  return soa({ owner, ttl: 60, minimum: 45 });
}

function recordsOf(type: number, host: number, ttl: number): RecordSpec[] {
  const target = nameBytes(`mail.${zone}`);
  switch (type) {
    case types.A:
      return [a(`192.0.2.${host}`, { ttl }), a(`192.0.2.${host + 100}`, { ttl })];
    case types.AAAA:
      return [aaaa(host, { ttl })];
    case types.MX:
      return [opaque(type, Buffer.concat([words(10), target]), { ttl })];
    case types.SRV:
      return [opaque(type, Buffer.concat([words(1, 2, 443), target]), { ttl })];
    case types.TXT:
      return [txt({ ttl }, 'one', `${host}`)];
    case types.NS:
      return [ns(`ns.${zone}`, { ttl })];
    case types.PTR:
      return [opaque(type, target, { ttl })];
    case types.SOA:
      return [{ type, ttl, rdata: soa().rdata }];
    case types.CAA:
      return [opaque(type, Buffer.from('\0\x05issueca.example', 'latin1'), { ttl })];
    case types.HTTPS:
      return [opaque(type, Buffer.from([0, 1, 0, 0, 1, 0, 3, 2, 0x68, 0x32]), { ttl })];
    case 65_280:
      return [opaque(type, Buffer.from('opaque'), { ttl })];
    default:
      return [];
  }
}
