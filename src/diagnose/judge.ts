// judge — what the samples say is wrong, beyond what the statuses say by themselves.

import { type Finding, type Gravity, worstFirst } from '../admin/finding.ts';
import { findingsOf } from '../admin/findings.ts';
import { judgeServer } from './judge-server.ts';
import { answeredIn, droppedIn, type Samples, type Span, spansOf } from './samples.ts';

/** A finding of a diagnosis; `names`: it tells what was asked, or by which client. */
export interface Judged extends Finding {
  readonly names?: true;
}

export function judge(samples: Samples): Judged[] {
  const found = samples.after.map(({ slot, status, error = 'it does not answer' }) => ({
    admin: `the ${slot}`,
    ...(status === undefined ? { error } : { status }),
  }));
  const spans = spansOf(samples);
  return worstFirst<Judged>([
    ...findingsOf(found),
    ...spans.flatMap(ofInstance),
    ...spans.slice(0, 1).flatMap(ofNode),
    ...samples.servers.flatMap(judgeServer),
    ...ofTwins(samples),
    ...ofProbes(samples),
    ...ofClock(samples),
    ...ofTop(samples),
  ]);
}

/** What to say when there is nothing to do here. */
export function wellSentence(samples: Samples): string {
  const { queries, p99Ms } = answeredIn(spansOf(samples));
  const { asked, worstMs } = samples.probes;
  const within = p99Ms === null ? '' : `, 99 % within ${p99Ms} ms of being read`;
  const probes = worstMs === null ? '' : ` ${asked} queries of this command took ${worstMs} ms at most,`;
  return (
    `In these ${samples.seconds} s ${queries} queries were answered here${within};${probes} and none was dropped: what is slow ` +
    'lies between the pod and this node.'
  );
}

// ---------------------------------------------------------------------------------------------------------------------

/** Parts of the time in which an instance was kept from running. */
const THROTTLED = 0.005;
const THROTTLED_MUCH = 0.05;
/** Part of a limit. */
const NEARLY_FULL = 0.9;
/** Milliseconds that a cached answer takes on a node that is well, with a lot to spare. */
const SLOW_PROBE = 100;
/** Part of all queries that one client, name or zone has, where more than so many a second come. */
const MOST_OF_ALL = 0.8;
const FLOOD = 100;

function finding(gravity: Gravity, where: string, what: string, todo: string): Judged {
  return { gravity, what, where, sinceSeconds: null, do: todo };
}

function ofInstance(span: Span): Judged[] {
  const { slot, before, after, ms } = span;
  const where = `the ${slot}`;
  const { cgroup } = after.facts;
  const found: Judged[] = [];
  const throttled =
    ((cgroup.throttledMicroseconds ?? 0) - (before.facts.cgroup.throttledMicroseconds ?? 0)) / 1000;
  if (throttled > ms * THROTTLED) {
    const quota = cgroup.quota === null ? '' : `, ${cgroup.quota} processors`;
    found.push(
      finding(
        throttled > ms * THROTTLED_MUCH ? 'failing' : 'risk',
        where,
        `the ${slot} was kept from running for ${Math.round(throttled)} of ${Math.round(ms)} ms by its limit of processor time${quota}`,
        'Raise the limit of processor time of its container, or take it away.',
      ),
    );
  }
  const { memoryUsed, memoryLimit, oomKills } = cgroup;
  if (memoryUsed !== null && memoryLimit !== null && memoryUsed > memoryLimit * NEARLY_FULL)
    found.push(
      finding(
        'risk',
        where,
        `the container of the ${slot} has ${mebibytes(memoryUsed)} of the ${mebibytes(memoryLimit)} of memory that it may have`,
        'Raise its limit of memory, or lower --cache-bytes.',
      ),
    );
  if (oomKills !== null && oomKills > 0)
    found.push(
      finding(
        'note',
        where,
        `in the container of the ${slot} processes were killed for want of memory ${oomKills} times`,
        'Raise its limit of memory.',
      ),
    );
  const dropped = droppedIn(span);
  if (dropped > 0)
    found.push(
      finding(
        'failing',
        where,
        `the kernel dropped ${dropped} datagrams in front of the ${slot} just now`,
        'Look in this list for why it did not read them; else clients ask more than it can carry: twindns top.',
      ),
    );
  return found;
}

function ofNode({ after }: Span): Judged[] {
  const { conntrack } = after.facts;
  if (conntrack === null || conntrack.count < conntrack.max * NEARLY_FULL) return [];
  return [
    finding(
      'risk',
      'the node',
      `connection tracking holds ${conntrack.count} of ${conntrack.max} connections: when it is full, new ones are dropped, those to upstreams, too`,
      'Raise net.netfilter.nf_conntrack_max, and look which pod has so many.',
    ),
  ];
}

function ofTwins({ twins }: Samples): Judged[] {
  const { asked, differing } = twins;
  const grave = differing.filter(({ isGrave }) => isGrave);
  const [first] = grave;
  if (first !== undefined) {
    const said = (text: string) => text.split('\n')[0]!;
    const what =
      `the instances answer ${grave.length} of ${asked} names differently: of ${first.name} ${first.type} the primary says ` +
      `${said(first.primary)} and the secondary ${said(first.secondary)}`;
    const todo =
      'Look whether both were told the same, upstreams and cluster domain first; else flush the name by twindns cache flush NAME.';
    return [{ ...finding('failing', 'the pair', what, todo), names: true }];
  }
  if (differing.length === 0) return [];
  const what = `of ${asked} names ${differing.length} have other records in the one instance than in the other`;
  const todo = 'Servers that spread load do so; else compare by twindns query NAME --slot both.';
  return [finding('note', 'the pair', what, todo)];
}

function ofProbes({ probes }: Samples): Judged[] {
  const { asked, answered, worstMs, server } = probes;
  if (answered < asked)
    return [
      finding(
        'failing',
        server,
        `${asked - answered} of ${asked} queries of this command to ${server} got no answer within a second`,
        'Look in this list for why; else for what drops them on this node: twindns rules shows our rules and those of others.',
      ),
    ];
  if ((worstMs ?? 0) <= SLOW_PROBE) return [];
  return [
    finding(
      'risk',
      server,
      `a query of this command for a name in the cache took ${worstMs} ms`,
      'An instance, or this command, had no processor time: look at the load of the node, and at limits of processor time.',
    ),
  ];
}

function ofClock({ clock }: Samples): Judged[] {
  if (clock === null || (clock.now >= clock.from && clock.now <= clock.until)) return [];
  const date = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 16);
  return [
    finding(
      'risk',
      'the node',
      `the clock says ${date(clock.now)}, and the signature of the root that ${clock.server} tells holds from ${date(clock.from)} ` +
        `to ${date(clock.until)}: signed answers are not kept`,
      'Set the clock of this node: look whether its time service runs.',
    ),
  ];
}

function ofTop({ top, seconds }: Samples): Judged[] {
  const queries = top.reduce((sum, { totals }) => sum + totals.queries, 0);
  if (queries < FLOOD * seconds) return [];
  const words = { clients: 'come from', zones: 'are for names right below', names: 'are for' } as const;
  return (['clients', 'zones', 'names'] as const).flatMap((subject) => {
    const counts = new Map<string, number>();
    for (const { what, count } of top.flatMap(({ rows }) => rows[subject].queries))
      counts.set(what, (counts.get(what) ?? 0) + count);
    const [most] = [...counts].sort(([, a], [, b]) => b - a);
    if (most === undefined || most[1] < queries * MOST_OF_ALL) return [];
    const [who, count] = most;
    const share = Math.min(100, Math.round((100 * count) / queries));
    const what = `${share} % of ${Math.round(queries / seconds)} queries a second ${words[subject]} ${who}`;
    const todo = 'Look what that client does; twindns top shows more.';
    return [{ ...finding('note', who, what, todo), names: true as const }];
  });
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
