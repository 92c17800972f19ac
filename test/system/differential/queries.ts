// queries — what is asked: drawn by a seed from the zones and names of a Corefile, the plain and the odd.

import { Random } from '../../fuzz/random.ts';
import { type EdnsSpec, flags, options, type QuerySpec, types } from '../../lab/wire.ts';
import type { Served } from './served.ts';
import { labels } from './upstream-script.ts';

export interface Query extends QuerySpec {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly flags: number;
  readonly transport: 'udp' | 'tcp';
  readonly client: string;
  readonly port: number;
}

/** The same ones for a seed. */
export function queriesFor(served: Served, count: number, seed: number): Query[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => draw(served, random));
}

/** Bytes of a reply its client takes: RFC 6891 §6.2.3. */
export function limitOf({ transport, edns }: Query): number {
  return transport === 'tcp' ? 65_535 : Math.max(512, edns?.size ?? 512);
}

/** What CoreDNS keeps an answer by. */
export function cachedAs({ name, type, flags: second, edns }: Query): string {
  return `${name.toLowerCase()} ${type} ${second & flags.CD} ${edns?.do ?? false}`;
}

/** As a reader repeats it. */
export function queryText({
  name,
  type,
  class: qclass,
  flags: second,
  edns,
  transport,
  client,
  port,
}: Query) {
  const opt = edns && ` edns ${JSON.stringify({ ...edns, options: edns.options?.map(({ code }) => code) })}`;
  const where = `${transport} from ${client}${port === 53 ? '' : ` port ${port}`}`;
  return `${name} class ${qclass} type ${nameOfType(type)} flags 0x${second.toString(16)}${opt ?? ''} ${where}`;
}

// ---------------------------------------------------------------------------------------------------------------------

const common = [types.A, types.A, types.A, types.AAAA, types.AAAA] as const;
const rarer = [
  ...[types.MX, types.TXT, types.SRV, types.NS, types.SOA, types.PTR, types.CNAME, types.CAA, types.HTTPS],
  ...[types.DS, types.DNSKEY, types.NSEC, types.SVCB, types.ANY, 65_280, 1234],
] as const;
const sizes = [0, 512, 700, 1232, 4096, 65_535] as const;
const cookie = { code: options.COOKIE, data: Buffer.from('0102030405060708', 'hex') };
const extras = [{ code: options.NSID, data: Buffer.alloc(0) }, cookie, { code: 65_001, data: Buffer.of(1) }];

function draw({ zones, names = [], ports = [53], clients = ['127.0.0.1'] }: Served, random: Random): Query {
  const isOneIn = (times: number) => random.below(times) === 0;
  const whole = names.length > 0 && isOneIn(3);
  const plain = whole ? random.of(names) : [...drawLabels(random), random.of(zones)].join('.');
  const odd = isOneIn(50) ? random.of([flags.Z, 0x0800, 0x1000, 0x2800, flags.AA, flags.TC, flags.RA]) : 0;
  const second =
    (isOneIn(12) ? 0 : flags.RD) | (isOneIn(8) ? flags.AD : 0) | (isOneIn(8) ? flags.CD : 0) | odd;
  return {
    name: isOneIn(4) ? mixedCase(plain, random) : plain,
    type: isOneIn(3) ? random.of(rarer) : random.of(common),
    class: isOneIn(60) ? random.of([3, 4, 255]) : 1,
    flags: second,
    ...(isOneIn(3) ? {} : { edns: drawEdns(random) }),
    transport: isOneIn(8) ? 'tcp' : 'udp',
    client: random.of(clients),
    port: random.of(ports),
  };
}

function drawLabels(random: Random): string[] {
  const chosen = random.below(8) === 0 ? [] : [random.of(labels)];
  return random.below(3) === 0 ? [`h${random.below(20)}`, ...chosen] : chosen;
}

function drawEdns(random: Random): EdnsSpec {
  return {
    size: random.of(sizes),
    do: random.below(3) === 0,
    ...(random.below(60) === 0 ? { version: 1 } : {}),
    ...(random.below(6) === 0 ? { options: [random.of(extras)] } : {}),
  };
}

function mixedCase(name: string, random: Random): string {
  return [...name].map((char) => (random.below(2) === 0 ? char.toUpperCase() : char)).join('');
}

function nameOfType(type: number): string {
  return Object.entries(types).find(([, number]) => number === type)?.[0] ?? `TYPE${type}`;
}
