// ask — `twindns query`: asks one question as a client would and shows the answer, like a short dig.

import { randomInt } from 'node:crypto';
import type { Answer, DecodedPacket, Packet } from 'dns-packet';
import { AUTHENTIC_DATA, decode, encode, RECURSION_DESIRED, TRUNCATED_RESPONSE } from 'dns-packet';
import type { Endpoint } from '../config.ts';
import { formatEndpoint } from '../config.ts';
import { rcodeNames } from '../counters.ts';
import { messageOf, TwindnsError } from '../errors.ts';
import { askTcp, askUdp } from './ask-server.ts';
import { recordLine } from './record-line.ts';

export interface Ask {
  readonly name: string;
  /** `A`, `HTTPS`, `TYPE65`, … in any case. */
  readonly type: string;
  readonly server: Endpoint;
  readonly tcp: boolean;
  readonly dnssec: boolean;
  readonly json: boolean;
}

/** @throws TwindnsError NO_ANSWER if nothing came back in time */
export async function ask(question: Ask, print: (text: string) => void): Promise<void> {
  const query = encodeQuery(question);
  const start = performance.now();
  let transport: 'udp' | 'tcp' = question.tcp ? 'tcp' : 'udp';
  let bytes = await (question.tcp ? askTcp : askUdp)(query, question.server);
  if (transport === 'udp' && (bytes.readUInt16BE(2) & TRUNCATED_RESPONSE) !== 0) {
    transport = 'tcp';
    bytes = await askTcp(query, question.server);
  }
  const ms = Math.round((performance.now() - start) * 10) / 10;
  const reply = decodeReply(bytes, question.server);
  const server = formatEndpoint(question.server);
  print(
    question.json
      ? `${JSON.stringify({ server, transport, ms, bytes: bytes.length, rcode: rcodeOf(reply), ...reply }, null, 2)}\n`
      : render(reply, `${ms.toFixed(1)} ms from ${server} over ${transport}, ${bytes.length} bytes`),
  );
}

// ---------------------------------------------------------------------------------------------------------------------

function encodeQuery({ name, type, dnssec }: Ask): Buffer {
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

function decodeReply(bytes: Buffer, server: Endpoint): DecodedPacket {
  try {
    return decode(bytes);
  } catch (cause) {
    throw new TwindnsError(
      'FAILED',
      `${formatEndpoint(server)} sent a reply that cannot be read: ${messageOf(cause)}.`,
      {
        cause,
      },
    );
  }
}

function rcodeOf({ flags = 0 }: DecodedPacket): string {
  return rcodeNames[flags & 0xf]!;
}

function render(reply: DecodedPacket, footer: string): string {
  const names = { qr: 15, aa: 10, tc: 9, rd: 8, ra: 7, ad: 5, cd: 4 };
  const bits = (reply.flags ?? 0) | (reply.type === 'response' ? 1 << 15 : 0); // dns-packet keeps QR apart
  const flags = Object.entries(names).filter(([, bit]) => (bits >> bit) & 1);
  const sections: readonly [string, readonly Answer[]][] = [
    ['answer', reply.answers ?? []],
    ['authority', reply.authorities ?? []],
    ['additional', (reply.additionals ?? []).filter(({ type }) => type !== 'OPT')],
  ];
  let text = `;; ${rcodeOf(reply)}, id ${reply.id ?? 0}, flags ${flags.map(([name]) => name).join(' ')}\n`;
  for (const [title, records] of sections) {
    if (records.length > 0)
      text += `;; ${title}\n${records.map((record) => `${recordLine(record)}\n`).join('')}`;
  }
  return `${text};; ${footer}\n`;
}
