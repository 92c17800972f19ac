// explanations — where this server answers otherwise than CoreDNS on purpose, each with its reason. What fits none of them is a finding.

import { flags, rcodes, types } from '../../lab/wire.ts';
import type { Difference, Field, Reply } from './compare.ts';
import type { Query } from './queries.ts';
import type { Served } from './served.ts';

export interface Case {
  readonly served: Pick<Served, 'name' | 'corefile' | 'ports'>;
  readonly query: Query;
  readonly difference: Difference;
  /** All of this query. */
  readonly differences: readonly Difference[];
  readonly coredns: Reply;
  readonly twindns: Reply;
  /** The same was asked without RD before, or is now. */
  readonly wasWithoutRd: boolean;
}

export interface Explanation {
  readonly why: string;
  readonly holds: (found: Case) => boolean;
}

/** The first that holds explains a difference. */
export const explanations: readonly Explanation[] = [
  {
    why: 'an opcode other than QUERY: the refusal repeats question and OPT, has RA and no AD',
    holds: ({ query, difference }) =>
      opcodeOf(query) !== 0 && isOf(difference, 'question', 'edns', 'ra', 'ad'),
  },
  {
    why: 'BADVERS: RA is set and DO is repeated, as in every other reply (RFC 3225)',
    holds: ({ query, difference }) => (query.edns?.version ?? 0) > 0 && isOf(difference, 'edns', 'ra'),
  },
  {
    why: 'a class other than IN is REFUSED: there is nothing to cache or forward in it',
    holds: ({ query, twindns }) => query.class !== IN && rcodeOf(twindns) === REFUSED,
  },
  {
    why: 'RA is set in answers that are made here: it is what this server offers',
    holds: ({ difference }) => isChange(difference, 'ra', 'clear', 'set'),
  },
  {
    why: 'AA of another server is not repeated: this one is no authority for the zone',
    holds: ({ difference, query }) => isChange(difference, 'aa', 'set', 'clear') && hasLabel(query, 'aa'),
  },
  {
    why: 'AD is for clients that ask with AD or DO (RFC 6840 §5.8)',
    holds: ({ difference, query }) =>
      isChange(difference, 'ad', 'set', 'clear') && !(query.flags & flags.AD) && !query.edns?.do,
  },
  {
    why: 'a rewritten answer is never authentic: no signature is of those names',
    holds: ({ difference, served }) =>
      isChange(difference, 'ad', 'set', 'clear') && served.name.startsWith('rewrite'),
  },
  {
    why: 'REFUSED and SERVFAIL of a template have no AA: nothing is said with authority',
    holds: ({ difference, twindns, served }) =>
      isChange(difference, 'aa', 'set', 'clear') &&
      served.name.startsWith('template') &&
      [SERVFAIL, REFUSED].some((rcode) => rcode === rcodeOf(twindns)),
  },
  {
    why: 'an Extended DNS Error tells that a failure is a kept one (13) or that no server could be asked (23) (RFC 8914)',
    holds: ({ difference: { field, coredns, twindns } }) =>
      field === 'edns' &&
      [' 15=000d', ' 15=0017'].some(
        (told) =>
          twindns.includes(told) &&
          [coredns, coredns.replace(' do 3=', ' 3=')].includes(twindns.replace(told, '')),
      ),
  },
  {
    why: 'an OPT with DO comes with what an acl refuses only if the client sent such a one (RFC 6891 §7)',
    holds: ({ difference, served }) =>
      isOf(difference, 'edns') && served.name === 'acl' && difference.coredns.includes(' do 15='),
  },
  {
    why: 'a reply that is cut carries as many records as fit; that of CoreDNS has its own choice, or none',
    holds: ({ difference, coredns, twindns }) =>
      isOf(difference, 'answer') && isCut(coredns) && isCut(twindns),
  },
  {
    why: 'what does not exist behind an alias is kept as long as other names that do not (RFC 2308 §2.1)',
    holds: ({ difference, query, coredns }) =>
      isOf(difference, 'ttl') && hasLabel(query, 'alias-nx') && rcodeOf(coredns) === NXDOMAIN,
  },
  {
    why: 'the absence of a name or type is kept for the SOA minimum at most, and clients are told so (RFC 2308 §5)',
    holds: ({ difference, twindns }) => isOf(difference, 'ttl') && isAbsence(twindns) && isLower(difference),
  },
  {
    why: 'an answer to a question without RD is neither kept nor given to others; CoreDNS keeps it for all',
    holds: ({ difference, served, wasWithoutRd }) =>
      isOf(difference, 'ttl') &&
      wasWithoutRd &&
      hasCache(served) &&
      isFresher(difference.twindns, difference.coredns),
  },
  {
    why: 'listeners with different zones keep their answers apart; CoreDNS shares those of a block among its ports',
    holds: ({ difference, served: { ports = [] } }) =>
      isOf(difference, 'ttl') && ports.length > 1 && isFresher(difference.twindns, difference.coredns),
  },
  {
    why: 'what is cut over UDP is asked for over TCP and kept; CoreDNS keeps no answer with TC',
    holds: ({ difference, query, served }) =>
      isOf(difference, 'ttl') &&
      hasCache(served) &&
      hasLabel(query, 'many', 'long') &&
      isFresher(difference.coredns, difference.twindns),
  },
  {
    why: 'an answer has the name that was asked for; CoreDNS at times gives what it keeps of the one it rewrote to',
    holds: ({ difference: { field, coredns, twindns }, served, query }) =>
      served.name === 'rewrite-names' &&
      (field === 'ttl'
        ? isFresher(twindns, coredns)
        : field === 'answer' &&
          withoutOwners(coredns) === withoutOwners(twindns) &&
          twindns.startsWith(`${query.name.toLowerCase()} `)),
  },
  {
    why: 'local answers are kept like others: their TTL is no longer than that of the cache',
    holds: ({ difference, served }) =>
      isOf(difference, 'ttl') && served.name.includes('local') && difference.coredns.includes('604800'),
  },
  {
    why: 'DS of a name within a zone is asked of that zone; CoreDNS asks a shorter one',
    holds: ({ query, served }) => query.type === types.DS && blocksOf(served) > 1,
  },
  {
    why: 'whoami tells the port of the client, and each server was asked from another',
    holds: ({ query, difference }) => isOf(difference, 'additional') && hasLabel(query, 'probe'),
  },
  {
    why: 'DO is repeated as the client sent it; CoreDNS sets it where it adds an NSID (RFC 3225)',
    holds: ({ served, difference: { field, coredns, twindns } }) =>
      field === 'edns' && served.name.includes('nsid') && coredns.replace(' do', '') === twindns,
  },
  {
    why: '`any` stands before `local` here: ANY gets one HINFO',
    holds: ({ query, served, difference }) =>
      query.type === types.ANY &&
      served.name.startsWith('any-') &&
      isOf(difference, 'answer', 'authority', 'aa', 'ttl', 'rcode'),
  },
];

export function explain(found: Case): Explanation | undefined {
  return explanations.find(({ holds }) => holds(found));
}

// ---------------------------------------------------------------------------------------------------------------------

const IN = 1;
const { SERVFAIL, NXDOMAIN, REFUSED } = rcodes;

function opcodeOf({ flags: second }: Query): number {
  return (second >> 11) & 15;
}

function isOf({ field }: Difference, ...wanted: readonly Field[]): boolean {
  return wanted.includes(field);
}

function isChange({ field, coredns, twindns }: Difference, wanted: Field, from: string, to: string): boolean {
  return field === wanted && coredns === from && twindns === to;
}

/** Server blocks of its Corefile; a snippet is none. */
function blocksOf({ corefile }: Pick<Served, 'corefile'>): number {
  return corefile.match(/^[^\s(}].*\{$/gm)?.length ?? 0;
}

function hasLabel({ name }: Query, ...labels: readonly string[]): boolean {
  const own = name.toLowerCase().split('.');
  return labels.some((label) => own.includes(label));
}

function hasCache({ corefile }: Pick<Served, 'corefile'>): boolean {
  return /^ *cache\b/m.test(corefile) && !corefile.includes('keepttl');
}

/** Class, type and data of each record. */
function withoutOwners(records: string): string {
  return records.replaceAll(/(^|; )\S+ /g, '$1');
}

/** Every TTL of the one is above that of the other. */
function isFresher(one: string, other: string): boolean {
  const [newer, older] = [one, other].map((text) => text.split(' ').map(Number));
  return newer!.every((ttl, index) => ttl > older![index]!);
}

function rcodeOf(reply: Reply): number | undefined {
  return typeof reply === 'string' ? undefined : reply.rcode;
}

function isCut(reply: Reply): boolean {
  return typeof reply !== 'string' && reply.tc;
}

function isAbsence(reply: Reply): boolean {
  return typeof reply !== 'string' && reply.authority.some(({ type }) => type === types.SOA);
}

function isLower({ coredns, twindns }: Difference): boolean {
  const [theirs, ours] = [coredns, twindns].map((text) => text.split(' ').map(Number));
  return ours!.every((ttl, index) => ttl <= theirs![index]!);
}
