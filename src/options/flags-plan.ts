// flags-plan — the plan that flags make: the cluster's zones by TCP to the cluster DNS, when there is one; everything else by UDP.

import type { Config, Endpoint } from '../config.ts';
import { withAutopath } from '../plan/autopath-plan.ts';
import type { CachePlan } from '../plan/cache-plan.ts';
import type { ForwardPlan } from '../plan/forward-plan.ts';
import type { BlockPlan, Plan, ZonePlan } from '../plan/plan.ts';

/** Seconds a denial is kept, as in NodeLocal DNSCache: short in the cluster, because Services come and go. */
const CLUSTER_DENIAL = 5;
const ROOT_DENIAL = 30;
const REVERSE_ZONES = ['in-addr.arpa', 'ip6.arpa'];

/** Milliseconds (RFC 9520 section 3.2: 1 s to 5 min). */
const FAILURE = 5000;
/** A third client within the life of an answer, and the last tenth of it. */
export const PREFETCH = { amount: 3, within: Number.POSITIVE_INFINITY, share: 0.1 };

export type FlagsForPlan = Pick<
  Config,
  'listeners' | 'upstreams' | 'clusterDomain' | 'clusterDns' | 'cacheTtl' | 'autopath'
>;

export function flagsPlan(config: FlagsForPlan): Plan {
  const most = Math.floor(config.cacheTtl / 1000);
  const root: ZonePlan = {
    suffix: '',
    block: blockOf(cacheOf(most, ROOT_DENIAL), forwardTo(config.upstreams, 'udp')),
  };
  const cluster = blockOf(cacheOf(most, CLUSTER_DENIAL), forwardTo(config.clusterDns, 'tcp'));
  const pods = { suffix: config.clusterDomain, block: cluster };
  const zones =
    config.clusterDns.length === 0
      ? [root]
      : [pods, ...REVERSE_ZONES.map((suffix) => ({ suffix, block: cluster })), root];
  const plan: Plan = {
    listeners: config.listeners.map((at) => ({ at, zones })),
    admin: [],
    reload: undefined,
    nodecache: undefined,
  };
  const { autopath, clusterDomain } = config;
  return autopath === undefined ? plan : withAutopath(plan, clusterDomain, autopath);
}

// ---------------------------------------------------------------------------------------------------------------------

function blockOf(cache: CachePlan, forward: ForwardPlan): BlockPlan {
  return {
    identity: JSON.stringify([cache, forward]),
    view: undefined,
    cache,
    forwards: [forward],
    guards: [],
    steps: [],
    log: { queries: [], errors: undefined },
    order: undefined,
    flags: undefined,
    udpSize: undefined,
    nsid: undefined,
    detectsLoops: false,
    place: undefined,
  };
}

function cacheOf(most: number, denial: number): CachePlan {
  return {
    zones: [],
    success: { least: 0, most },
    denial: { least: 0, most: Math.min(denial, most) },
    failure: FAILURE,
    disabled: { success: [], denial: [] },
    prefetch: PREFETCH,
    stale: undefined,
    keepTtl: false,
  };
}

function forwardTo(servers: readonly Endpoint[], transport: 'udp' | 'tcp'): ForwardPlan {
  return {
    from: '',
    except: [],
    servers: servers.map((endpoint) => ({ endpoint, protocol: 'dns', serverName: undefined })),
    files: [],
    transport,
    policy: 'in_turn',
    maxFails: 1,
    health: { interval: 500, recursionDesired: true, domain: '' },
    expire: 10_000,
    maxAge: 0,
    readTimeout: 2000,
    maxConcurrent: 0,
    next: [],
    nextOnNodata: false,
    failover: [],
    failFast: false,
    tls: undefined,
  };
}
