// findings — what is wrong with a pair, worst first: what, where, since when, and what to do. From the statuses of its instances
// alone, so that every command says the same.

import type { NotKeptReason } from '../counters.ts';
import type { InstanceStatus, UpstreamStatus, ZoneMinute } from '../status.ts';
import { type Finding, worstFirst } from './finding.ts';
import { pairFindings, statusFindings } from './instance-findings.ts';

/** An instance that was asked. */
export interface Found {
  /** Where: an address, or a slot. */
  readonly admin: string;
  readonly status?: InstanceStatus;
  readonly error?: string;
}

export function findingsOf(found: readonly Found[]): Finding[] {
  const running = found.flatMap(({ status }) => (status === undefined ? [] : [status]));
  return worstFirst([
    ...zoneFindings(running),
    ...upstreamFindings(running),
    ...found.flatMap(absent),
    ...running.flatMap(statusFindings),
    ...pairFindings(running),
  ]);
}

// ---------------------------------------------------------------------------------------------------------------------

/** Of the answers of a minute: below both limits single broken names go unsaid. */
const SERVFAIL_SHARE = 0.05;
const SERVFAIL_COUNT = 5;
const STALE_COUNT = 5;
/** Of misses. */
const NOT_KEPT_SHARE = 0.5;
const NOT_KEPT_COUNT = 100;

function absent({ admin, error }: Found): Finding[] {
  if (error === undefined) return [];
  return [
    {
      gravity: 'risk',
      what: `no instance could be asked at ${admin}: ${error}`,
      where: admin,
      sinceSeconds: null,
      do: 'Look whether its process runs, and at the end of its log; the other instance answers meanwhile.',
    },
  ];
}

/** Of all instances together. */
function zoneFindings(running: readonly InstanceStatus[]): Finding[] {
  const zones = zonesOf(running);
  const misses = running.reduce((sum, { lastMinute }) => sum + (lastMinute?.misses ?? 0), 0);
  return zones.flatMap((zone) => [...zoneFinding(zone, running), ...notKeptFinding(zone, misses)]);
}

function zonesOf(running: readonly InstanceStatus[]): ZoneMinute[] {
  const zones = new Map<string, ZoneMinute>();
  for (const one of running.flatMap(({ lastMinute }) => lastMinute?.zones ?? [])) {
    const known = zones.get(one.zone);
    zones.set(one.zone, known === undefined ? one : together(known, one));
  }
  return [...zones.values()];
}

function together(a: ZoneMinute, b: ZoneMinute): ZoneMinute {
  const notKept = { ...a.notKept };
  for (const [reason, count] of Object.entries(b.notKept ?? {}) as [NotKeptReason, number][])
    notKept[reason] = (notKept[reason] ?? 0) + count;
  return {
    zone: a.zone,
    answers: a.answers + b.answers,
    servfail: a.servfail + b.servfail,
    stale: a.stale + b.stale,
    notKept,
  };
}

/** @param misses of all zones: what is not kept is asked for each time */
function notKeptFinding({ zone, notKept = {} }: ZoneMinute, misses: number): Finding[] {
  const all = Object.entries(notKept).sort(([, a], [, b]) => b - a) as [NotKeptReason, number][];
  const count = all.reduce((sum, [, each]) => sum + each, 0);
  const [most] = all;
  if (most === undefined || count < NOT_KEPT_COUNT || count < misses * NOT_KEPT_SHARE) return [];
  const [why, todo] = aboutNotKept[most[0]];
  const what = `${count} answers for ${zone} in the last minute may not be kept: ${why}`;
  return [{ gravity: 'note', what, where: zone, sinceSeconds: null, do: todo }];
}

const aboutNotKept: Readonly<Record<NotKeptReason, readonly [why: string, todo: string]>> = {
  ttl_0: ['TTL 0', 'Look at who sets that TTL: each query goes to its servers.'],
  signature_expired: [
    'their signatures have expired',
    'Look at the clock of this node first, then at who signs that zone.',
  ],
  broken_chain: ['a chain of aliases is broken', 'Look at the records of that zone.'],
};

function zoneFinding(
  { zone, answers, servfail, stale }: ZoneMinute,
  running: readonly InstanceStatus[],
): Finding[] {
  const ill = serversOf(running, zone).filter(isIll);
  const about = {
    gravity: 'failing',
    where: zone,
    sinceSeconds: ill.length === 0 ? null : Math.max(...ill.map(({ sinceSeconds }) => sinceSeconds)),
  } as const;
  const blamed = ill.map((server) => `; ${nameOf(server)} is ${server.state}${reasonText(server)}`).join('');
  if (servfail >= SERVFAIL_COUNT && servfail / answers > SERVFAIL_SHARE) {
    const what = `${zone} cannot be answered: ${servfail} of ${answers} answers of the last minute were SERVFAIL`;
    const todo =
      ill.length === 0
        ? 'Ask for one of its names by twindns query NAME --trace: it shows the server, and the reason in words.'
        : 'Look at the servers of this zone, and at the way to them.';
    return [{ ...about, what: `${what}${blamed}`, do: todo }];
  }
  if (stale < STALE_COUNT) return [];
  const what = `${zone} is answered from old data: ${stale} of ${answers} answers of the last minute had run out`;
  const todo = 'Look at the servers of this zone: clients are told what was true before.';
  return [{ ...about, what: `${what}${blamed}`, do: todo }];
}

interface Server extends UpstreamStatus {
  readonly zones: readonly string[];
}

/** Of all instances, each once: as the one says that has asked it more. */
function serversOf(running: readonly InstanceStatus[], zone?: string): Server[] {
  const servers = new Map<string, Server>();
  for (const route of running.flatMap(({ routes }) => routes)) {
    if (zone !== undefined && route.zone !== zone) continue;
    for (const upstream of route.upstreams) {
      const known = servers.get(nameOf(upstream));
      const zones = [...new Set([...(known?.zones ?? []), route.zone])];
      const askedMore = (upstream.lastMinute?.asked ?? 0) > (known?.lastMinute?.asked ?? -1);
      servers.set(nameOf(upstream), { ...(askedMore ? upstream : known!), zones });
    }
  }
  return [...servers.values()];
}

/** An instance of a version before tells no states. */
function isIll({ state }: UpstreamStatus): boolean {
  return state !== undefined && state !== 'up' && state !== 'unasked';
}

function nameOf({ endpoint, transport }: UpstreamStatus): string {
  return `${endpoint}/${transport}`;
}

function reasonText({ reason }: UpstreamStatus): string {
  return reason === null ? '' : ` (${reason})`;
}

function upstreamFindings(running: readonly InstanceStatus[]): Finding[] {
  const without = running.flatMap(({ routes }) =>
    routes
      .filter(({ isForwarded, upstreams }) => isForwarded && upstreams.length === 0)
      .map(({ zone }) => zone),
  );
  const none = [...new Set(without)].map(
    (zone): Finding => ({
      gravity: 'failing',
      what: `${zone} has no server: its names get SERVFAIL`,
      where: zone,
      sinceSeconds: null,
      do: 'Give it one by --upstream or in the file that names there, or in the Corefile.',
    }),
  );
  const servers = serversOf(running);
  return [...none, ...servers.filter(isIll).map((server) => serverFinding(server, servers))];
}

function serverFinding(server: Server, all: readonly Server[]): Finding {
  const { state, sinceSeconds, lastMinute, zones, reason, endpoint } = server;
  const failed = Object.values(lastMinute.failed).reduce((sum, count) => sum + count, 0);
  const hasOthers = zones.every((zone) =>
    all.some((other) => other !== server && other.zones.includes(zone) && other.state === 'up'),
  );
  const counts =
    lastMinute.asked === 0
      ? ''
      : `: ${failed} of ${lastMinute.asked} sends of the last minute came to nothing`;
  const median =
    lastMinute.medianMs === null ? '' : `, its answers take ${Math.round(lastMinute.medianMs)} ms`;
  const said =
    state === 'slow'
      ? `is slow${median}`
      : `${state === 'down' ? 'does not answer' : 'fails'}${reasonText(server)}${counts}`;
  const others = hasOthers ? '; other servers answer' : '';
  return {
    gravity: state === 'slow' || hasOthers ? 'risk' : 'failing',
    what: `upstream ${nameOf(server)} ${said}, for ${zones.join(' ')}${others}`,
    where: nameOf(server),
    sinceSeconds,
    do: `${doAbout[reason ?? 'other'] ?? doAbout.other} It is asked directly by twindns query NAME --server ${endpoint}.`,
  };
}

const doAbout: Readonly<Record<string, string>> = {
  timeout: 'Look whether that server runs, and whether the network carries datagrams to it.',
  refused: 'Look whether a DNS server listens there.',
  unreachable: 'Look at the routes of this node.',
  closed: 'Look at that server: it ends connections with questions on them.',
  malformed: 'Look what listens there: it is no DNS server, or something on the way changes its answers.',
  mismatch: 'Look at the way to it: replies come that are to no question of ours.',
  formerr: 'Look at that server, or take it out of the list: it does not take our questions.',
  servfail: 'Look at that server: it says that it cannot answer.',
  other: 'Look at that server, and at the way to it.',
};
