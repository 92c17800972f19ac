// drills — what two instances on each of three nodes show on a quiet day, in a fault, and in what only looks like one; and which
// alerts have to come of it. Values are in the words of promtool, a sample each 15 s, 80 minutes; rates are what was seen of a pair.

export interface Drill {
  readonly name: string;
  /** Of series on one node, the first unless said; each has to be among those of the quiet day. */
  readonly change: readonly (readonly [name: string, labels: Labels, values: string])[];
  /** In any order. */
  readonly fires: readonly string[];
}
export interface Shown {
  readonly name: string;
  readonly labels: Labels;
  readonly values: string;
}
type Labels = Readonly<Record<string, string>>;

/** @throws for a change of what is not there */
export function shownIn({ name, change }: Drill): Shown[] {
  const all = quietDay();
  for (const [series, labels, values] of change) {
    const wanted = { node: 'n1', ...labels };
    const meant = all.filter((one) => one.name === series && has(one.labels, wanted));
    if (meant.length === 0) throw new Error(`${name}: there is no ${series} ${JSON.stringify(wanted)}`);
    for (const one of meant) all[all.indexOf(one)] = { ...one, values };
  }
  return all;
}

export const drills: readonly Drill[] = [
  { name: 'a quiet day', change: [], fires: [] },
  {
    name: 'a roll-out of both instances',
    change: [
      ['up', { slot: 'primary' }, '1x40 _x3 1x120'],
      ['up', { slot: 'secondary' }, '1x80 _x3 1x80'],
      ['twindns_twin_seen', { slot: 'secondary' }, '1x40 0x2 1x120'],
      ['twindns_twin_seen', { slot: 'primary' }, '1x80 0x2 1x80'],
      ['twindns_custody_takeovers_total', { reason: 'left' }, '0x40 1x300'],
      ['coredns_dns_requests_total', { slot: 'primary' }, '0+1500x40 _x3 0+1500x250'],
      ['twindns_node_found', { slot: 'primary' }, '9x40 _x3 9x250'],
      ['twindns_node_changes_total', {}, '2x40 _x3 0x250'],
      ['process_start_time_seconds', { slot: 'primary' }, '1000x40 _x3 1600x250'],
    ],
    fires: [],
  },
  {
    name: 'a node starts again',
    change: [
      ['up', {}, '1x40 0x12 1x250'],
      ['twindns_twin_seen', {}, '1x40 _x12 0x3 1x250'],
      ['process_start_time_seconds', {}, '1000x40 _x12 1780x250'],
      ['coredns_dns_requests_total', {}, '0+1500x40 _x12 0+1500x250'],
      ['twindns_waits_for_cluster_dns', {}, '0x40 _x12 1x4 0x250'],
      ['twindns_node_changes_total', {}, '2x40 _x12 0x1 2x250'],
      ['twindns_upstream_failures_total', { reason: 'timeout' }, '0x40 _x12 0+20x4 80x250'],
    ],
    fires: [],
  },
  {
    name: 'a full cache that is useful, and a single broken name',
    change: [
      ['coredns_cache_evictions_total', { type: 'success' }, '0+300x320'],
      ['coredns_dns_responses_total', { rcode: 'SERVFAIL' }, '0+1x320'],
    ],
    fires: [],
  },
  {
    name: 'one of two servers is silent',
    change: [['twindns_upstream_failures_total', { to: '10.7.0.1:53', reason: 'timeout' }, '0x40 0+25x280']],
    fires: ['TwindnsUpstreamFailing'],
  },
  {
    name: 'an idle server is silent: probes alone',
    change: [
      ['twindns_upstream_requests_total', { to: '10.7.0.2:53' }, '0x40 0+0.5x280'],
      ['twindns_upstream_failures_total', { to: '10.7.0.2:53', reason: 'timeout' }, '0x40 0+0.5x280'],
    ],
    fires: ['TwindnsUpstreamFailing'],
  },
  {
    name: 'all servers of a zone are silent',
    change: [
      ['twindns_upstream_failures_total', { reason: 'timeout' }, '0x40 0+150x280'],
      ['coredns_dns_responses_total', { rcode: 'SERVFAIL' }, '0x40 0+360x280'],
      ['coredns_cache_served_stale_total', {}, '0x40 0+400x280'],
    ],
    fires: ['TwindnsZoneFailing', 'TwindnsUpstreamFailing', 'TwindnsServingStale'],
  },
  {
    name: 'the cluster DNS does not answer from the start',
    change: [
      ['twindns_waits_for_cluster_dns', {}, '1x320'],
      ['twindns_upstream_failures_total', { reason: 'unreachable' }, '0+150x320'],
    ],
    fires: ['TwindnsWaitsForClusterDns', 'TwindnsUpstreamFailing'],
  },
  {
    name: 'a server takes half a second',
    change: [['coredns_proxy_request_duration_seconds_bucket', { le: '0.016' }, '0+150x40 6000+15x280']],
    fires: ['TwindnsUpstreamSlow'],
  },
  {
    name: 'a server answers one in five SERVFAIL, and old data is given',
    change: [
      ['twindns_upstream_failures_total', { to: '10.7.0.1:53', reason: 'servfail' }, '0x40 0+30x280'],
      ['coredns_cache_served_stale_total', {}, '0x40 0+60x280'],
    ],
    fires: ['TwindnsUpstreamFailing', 'TwindnsServingStale'],
  },
  {
    name: 'one instance is dead for good',
    change: [
      ['up', { slot: 'secondary' }, '1x40 0x280'],
      ['twindns_twin_seen', { slot: 'primary' }, '1x40 0x280'],
      ['twindns_twin_seen', { slot: 'secondary' }, '1x40 _x280'],
      ['twindns_custody_takeovers_total', { slot: 'primary', reason: 'died' }, '0x40 1x280'],
    ],
    fires: ['TwindnsAlone'],
  },
  {
    name: 'one instance is stopped for good, and seen by its twin as before',
    change: [
      ['up', { slot: 'secondary' }, '1x40 0x280'],
      ['twindns_twin_seen', { slot: 'secondary' }, '1x40 _x280'],
    ],
    fires: ['TwindnsAlone'],
  },
  {
    name: 'both instances are dead',
    change: [
      ['up', {}, '1x40 0x280'],
      ['twindns_twin_seen', {}, '1x40 _x280'],
    ],
    fires: ['TwindnsNoInstance'],
  },
  {
    name: 'an instance dies every ten seconds',
    change: [
      ['twindns_custody_takeovers_total', { slot: 'primary', reason: 'died' }, '0x40 0+1.5x280'],
      ['process_start_time_seconds', { slot: 'secondary' }, '1000x40 1600+15x280'],
    ],
    fires: ['TwindnsDies'],
  },
  {
    name: 'memory is too small for both, each killed in turn',
    change: [['process_start_time_seconds', {}, '1000x40 1600x4 1660x4 1720x4 1780x4 1840x250']],
    fires: ['TwindnsDies'],
  },
  {
    name: 'a CPU limit of 3 %',
    change: [
      ['twindns_custody_takeovers_total', { reason: 'stuck' }, '0x40 0+4x280'],
      ['twindns_stall_seconds_total', { cause: 'throttled' }, '0x40 0+6x280'],
    ],
    fires: ['TwindnsHangs', 'TwindnsStalls'],
  },
  {
    name: 'gaps beside busy neighbours',
    change: [['twindns_stall_seconds_total', { cause: 'starved' }, '0+0.02x320']],
    fires: [],
  },
  {
    name: 'memory near its limit',
    change: [['twindns_memory_bytes', { slot: 'primary', kind: 'used' }, '60000000x40 250000000x280']],
    fires: ['TwindnsMemory'],
  },
  {
    name: 'servers say TTL 0',
    change: [
      ['twindns_not_kept_total', { reason: 'ttl_0' }, '0x40 0+1100x280'],
      ['coredns_cache_misses_total', {}, '0+300x40 12000+1150x280'],
    ],
    fires: ['TwindnsNotKept'],
  },
  {
    name: 'stopped for 4.5 s under load',
    change: [
      ['twindns_receive_queue_drops_total', {}, '0x40 17415x280'],
      ['twindns_custody_takeovers_total', { reason: 'stuck' }, '0x40 1x280'],
    ],
    fires: ['TwindnsQueriesDropped'],
  },
  {
    name: 'the twins were told different things',
    change: [['twindns_twin_settings_match', { setting: 'cluster-domain' }, '1x40 0x280']],
    fires: ['TwindnsTwinsDiffer'],
  },
  {
    name: 'settings are changed by a roll-out of ten minutes',
    change: [['twindns_twin_settings_match', { setting: 'upstream' }, '1x40 0x40 1x240']],
    fires: [],
  },
  {
    name: 'the twins meet in different directories',
    change: [['twindns_pair_problem', { problem: 'channel' }, '0x40 1x280']],
    fires: ['TwindnsPairBroken'],
  },
  {
    name: 'random names while servers are silent',
    change: [
      ['coredns_forward_max_concurrent_rejects_total', {}, '0x40 0+90x280'],
      ['coredns_dns_responses_total', { rcode: 'SERVFAIL' }, '0x40 0+400x280'],
    ],
    fires: ['TwindnsQueriesRefused', 'TwindnsZoneFailing'],
  },
  {
    name: 'rules are flushed three times, the interface deleted',
    change: [['twindns_node_changes_total', {}, '2x40 3x8 4x8 5x8 6x280']],
    fires: ['TwindnsNodeMeddled'],
  },
  {
    name: 'the leader may not make rules',
    change: [['twindns_node_found', { part: 'rules' }, '9x40 7x280']],
    fires: ['TwindnsNodeIncomplete'],
  },
  {
    name: 'another program has a port',
    change: [['twindns_port_served', { slot: 'primary' }, '0x320']],
    fires: ['TwindnsPortNotServed'],
  },
  {
    name: 'a Corefile with a word that is none',
    change: [['coredns_reload_failed_total', {}, '0x40 1x280']],
    fires: ['TwindnsCorefileRefused'],
  },
  {
    name: 'random names of one zone, 1,000 a second',
    change: [
      ['coredns_dns_requests_total', {}, '0+1500x40 60000+16500x280'],
      ['coredns_cache_requests_total', {}, '0+1500x40 60000+16500x280'],
      ['coredns_cache_misses_total', {}, '0+300x40 12000+15000x280'],
      ['coredns_cache_evictions_total', { type: 'denial' }, '0x40 0+10400x280'],
    ],
    fires: ['TwindnsFlood', 'TwindnsCacheUseless'],
  },
  {
    name: 'one name, 20,000 a second',
    change: [
      ['coredns_dns_requests_total', {}, '0+1500x40 60000+150000x280'],
      ['coredns_cache_requests_total', {}, '0+1500x40 60000+150000x280'],
    ],
    fires: ['TwindnsFlood'],
  },
  {
    name: 'a cache of 1 MiB',
    change: [
      ['coredns_cache_misses_total', {}, '0+300x40 12000+1250x280'],
      ['coredns_cache_evictions_total', { type: 'success' }, '0x40 0+1200x280'],
    ],
    fires: ['TwindnsCacheUseless'],
  },
];

// ---------------------------------------------------------------------------------------------------------------------

function has(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

/** 100 queries a second an instance, a fifth of them misses. */
function quietDay(): Shown[] {
  return ['n1', 'n2', 'n3'].flatMap((node) =>
    ['primary', 'secondary'].flatMap((slot) => {
      const shown = (name: string, values: string, more: Labels = {}): Shown => ({
        name,
        labels: { job: 'twindns', instance: `${node}:${slot}`, node, slot, ...more },
        values,
      });
      const each = (
        name: string,
        label: string,
        words: readonly string[],
        values: string,
        more: Labels = {},
      ) => words.map((word) => shown(name, values, { ...more, [label]: word }));
      const reasons = ['timeout', 'unreachable', 'servfail'];
      const servers = ['10.7.0.1:53', '10.7.0.2:53'].map((to) => ({ to, proto: 'udp' }));
      return [
        shown('up', '1x320'),
        shown('twindns_twin_seen', '1x320'),
        shown('process_start_time_seconds', '1000x320'),
        shown('coredns_dns_requests_total', '0+1500x320', { zone: '.' }),
        shown('coredns_dns_responses_total', '0+1500x320', { zone: '.', rcode: 'NOERROR' }),
        shown('coredns_dns_responses_total', '0x320', { zone: '.', rcode: 'SERVFAIL' }),
        shown('coredns_cache_requests_total', '0+1500x320', { zones: '.' }),
        shown('coredns_cache_misses_total', '0+300x320', { zones: '.' }),
        ...each('coredns_cache_evictions_total', 'type', ['success', 'denial'], '0x320', { zones: '.' }),
        shown('coredns_cache_served_stale_total', '0x320', { zones: '.' }),
        ...servers.flatMap((server) => [
          shown('twindns_upstream_requests_total', '0+150x320', server),
          ...each('twindns_upstream_failures_total', 'reason', reasons, '0x320', server),
          ...each(
            'coredns_proxy_request_duration_seconds_bucket',
            'le',
            ['0.016', '1.024', '+Inf'],
            '0+150x320',
            { to: server.to },
          ),
          shown('coredns_proxy_request_duration_seconds_count', '0+150x320', { to: server.to }),
        ]),
        ...each('twindns_custody_takeovers_total', 'reason', ['died', 'left', 'stuck'], '0x320'),
        ...each('twindns_pair_problem', 'problem', ['settings', 'addresses', 'channel', 'slot'], '0x320'),
        ...each('twindns_twin_settings_match', 'setting', ['cluster-domain', 'upstream'], '1x320'),
        ...each('twindns_stall_seconds_total', 'cause', ['throttled', 'starved', 'stopped', 'busy'], '0x320'),
        shown('twindns_memory_bytes', '60000000x320', { kind: 'used' }),
        shown('twindns_memory_bytes', '268435456x320', { kind: 'limit' }),
        ...each('twindns_not_kept_total', 'reason', ['ttl_0', 'signature_expired'], '0x320', { zone: '.' }),
        shown('twindns_waits_for_cluster_dns', '0x320'),
        shown('twindns_port_served', '1x320', { port: 'admin' }),
        shown('twindns_slot_name_taken', '0x320'),
        shown('twindns_receive_queue_drops_total', '0x320'),
        shown('coredns_forward_max_concurrent_rejects_total', '0x320'),
        shown('coredns_reload_failed_total', '0x320'),
        ...(slot === 'primary'
          ? [
              shown('twindns_node_changes_total', '2x320'),
              ...each('twindns_node_wanted', 'part', ['rules'], '9x320'),
              ...each('twindns_node_found', 'part', ['rules'], '9x320'),
            ]
          : []),
      ];
    }),
  );
}
