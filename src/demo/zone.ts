// zone — the Services of a small make-believe cluster, looked up as CoreDNS's kubernetes plugin looks up real ones.

import { isIPv6 } from 'node:net';
import type { SoaAnswer, SrvAnswer, StringAnswer, TxtAnswer } from 'dns-packet';

export type ZoneRecord = StringAnswer | SoaAnswer | SrvAnswer | TxtAnswer;

/** What the zone says about a question; a name outside of its zones is refused. */
export type Finding =
  | {
      readonly outcome: 'answer';
      readonly answers: readonly ZoneRecord[];
      readonly additionals: ZoneRecord[];
    }
  | { readonly outcome: 'nodata' | 'nxdomain'; readonly soa: ZoneRecord }
  | { readonly outcome: 'refused' };

/** @param name presentation form, any case, no trailing dot; @param type as dns-packet spells it. */
export function lookup(name: string, type: string): Finding {
  const owner = name.toLowerCase();
  const origin = origins.find((zone) => owner === zone || owner.endsWith(`.${zone}`));
  if (origin === undefined) return { outcome: 'refused' };
  const answers: ZoneRecord[] = [];
  // A CNAME is followed while it stays inside; the hops are few because the data above has no loops.
  for (let next: string | undefined = owner; next !== undefined; ) {
    const here: readonly ZoneRecord[] = recordsAt(next);
    const alias: ZoneRecord | undefined = here.find((record) => record.type === 'CNAME');
    answers.push(...here.filter((record) => record === alias || record.type === type || type === 'ANY'));
    next = alias && type !== 'CNAME' && type !== 'ANY' ? String(alias.data) : undefined;
  }
  if (answers.length > 0) return { outcome: 'answer', answers, additionals: addressesOf(answers) };
  const soa = recordsAt(origin).find((record) => record.type === 'SOA')!;
  return { outcome: nodes.has(owner) || podAddress(owner) ? 'nodata' : 'nxdomain', soa };
}

/** The zones served, as in the Corefile of a stock cluster. */
export const origins = ['cluster.local', 'in-addr.arpa', 'ip6.arpa'] as const;

/** The name of an address in the reverse zones. */
export function reverseName(address: string): string {
  if (!isIPv6(address)) return `${address.split('.').reverse().join('.')}.in-addr.arpa`;
  const [head = '', tail] = address.split('::');
  const [left, right] = [head.split(':'), tail === undefined ? [] : tail.split(':')];
  const groups = [...left, ...new Array<string>(8 - left.length - right.length).fill('0'), ...right];
  const digits = groups.map((group) => group.padStart(4, '0')).join('');
  return `${[...digits].reverse().join('.')}.ip6.arpa`;
}

// ---------------------------------------------------------------------------------------------------------------------

const ttl = 30;
/** SOA minimum: how long resolvers may remember that a name is not there (RFC 2308 §5). */
const negativeTtl = 5;

interface Service {
  readonly name: string;
  readonly namespace: string;
  readonly clusterIps?: readonly string[];
  /** Addresses behind a headless Service; a hostname (StatefulSet pod) or else the dashed address names each one. */
  readonly endpoints?: readonly { readonly address: string; readonly hostname?: string }[];
  readonly externalName?: string;
  /** `_http._tcp` and the port behind it. */
  readonly ports?: Readonly<Record<string, number>>;
}

const ring = Array.from({ length: 500 }, (_, i) => ({ address: `10.244.${2 + (i >> 7)}.${1 + (i & 127)}` }));

const services: readonly Service[] = [
  { name: 'kubernetes', namespace: 'default', clusterIps: ['10.96.0.1'], ports: { '_https._tcp': 443 } },
  {
    name: 'kube-dns',
    namespace: 'kube-system',
    clusterIps: ['10.96.0.10'],
    ports: { '_dns._udp': 53, '_dns-tcp._tcp': 53, '_metrics._tcp': 9153 },
  },
  { name: 'web', namespace: 'shop', clusterIps: ['10.96.12.34'], ports: { '_http._tcp': 80 } },
  {
    name: 'cart',
    namespace: 'shop',
    clusterIps: ['10.96.40.7', 'fd00:10:96::28:7'],
    ports: { '_grpc._tcp': 9000 },
  },
  {
    name: 'db',
    namespace: 'shop',
    endpoints: [0, 1, 2].map((i) => ({ address: `10.244.1.${20 + i}`, hostname: `db-${i}` })),
    ports: { '_postgres._tcp': 5432 },
  },
  { name: 'ring', namespace: 'shop', endpoints: ring, ports: { '_gossip._tcp': 7946 } },
  { name: 'docs', namespace: 'shop', externalName: 'docs.example.com' },
  { name: 'front', namespace: 'shop', externalName: 'web.shop.svc.cluster.local' },
];

const records = new Map<string, ZoneRecord[]>();
/** Every owner and every name above one: a name with something below it exists (RFC 8020 §2). */
const nodes = new Set<string>();

function add(record: ZoneRecord): void {
  const owners = records.get(record.name);
  if (owners) owners.push(record);
  else records.set(record.name, [record]);
  for (let name = record.name; name !== ''; name = name.slice(name.indexOf('.') + 1)) {
    nodes.add(name);
    if (!name.includes('.')) break;
  }
}

function addAddress(name: string, address: string): void {
  add({ name, type: isIPv6(address) ? 'AAAA' : 'A', ttl, data: address });
}

function addService({
  name,
  namespace,
  clusterIps = [],
  endpoints = [],
  externalName,
  ports = {},
}: Service): void {
  const owner = `${name}.${namespace}.svc.cluster.local`;
  const targets = endpoints.length > 0 ? [] : [owner];
  if (externalName !== undefined) add({ name: owner, type: 'CNAME', ttl, data: externalName });
  for (const address of clusterIps) {
    addAddress(owner, address);
    add({ name: reverseName(address), type: 'PTR', ttl, data: owner });
  }
  for (const { address, hostname } of endpoints) {
    const target = `${hostname ?? address.replaceAll('.', '-')}.${owner}`;
    targets.push(target);
    addAddress(owner, address);
    addAddress(target, address);
    add({ name: reverseName(address), type: 'PTR', ttl, data: target });
  }
  for (const [label, port] of Object.entries(ports)) {
    const weight = Math.max(1, Math.floor(100 / targets.length));
    for (const target of targets) {
      add({ name: `${label}.${owner}`, type: 'SRV', ttl, data: { priority: 0, weight, port, target } });
    }
  }
}

for (const origin of origins) {
  const [mname, rname] = [`ns.dns.${origin}`, `hostmaster.${origin}`];
  const times = { serial: 1_700_000_000, refresh: 7200, retry: 1800, expire: 86_400, minimum: negativeTtl };
  add({ name: origin, type: 'SOA', ttl, data: { mname, rname, ...times } });
  add({ name: origin, type: 'NS', ttl, data: 'kube-dns.kube-system.svc.cluster.local' });
}
add({ name: 'dns-version.cluster.local', type: 'TXT', ttl, data: '1.1.0' });
for (const service of services) addService(service);

const namespaces = new Set(services.map(({ namespace }) => namespace));

function recordsAt(owner: string): readonly ZoneRecord[] {
  const address = podAddress(owner);
  return records.get(owner) ?? (address ? [{ name: owner, type: 'A', ttl, data: address }] : []);
}

/** Mode `pods insecure`: every dashed IPv4 address is a pod of every namespace. */
function podAddress(owner: string): string | undefined {
  const [dashed = '', namespace = ''] = owner.split('.');
  if (owner !== `${dashed}.${namespace}.pod.cluster.local` || !namespaces.has(namespace)) return undefined;
  const bytes = dashed.split('-');
  return bytes.length === 4 && bytes.every((byte) => /^\d{1,3}$/.test(byte) && Number(byte) < 256)
    ? bytes.join('.')
    : undefined;
}

/** Addresses of the SRV and NS targets, for the additional section. */
function addressesOf(answers: readonly ZoneRecord[]): ZoneRecord[] {
  const targets = answers.flatMap((record) => {
    if (record.type === 'SRV') return [record.data.target];
    return record.type === 'NS' ? [record.data] : [];
  });
  return targets.flatMap((target) =>
    recordsAt(target).filter((record) => record.type === 'A' || record.type === 'AAAA'),
  );
}
