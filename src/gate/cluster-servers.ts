// cluster-servers — whom a plan asks for names of the cluster: they have to answer before an instance captures anything.

import { type Endpoint, formatEndpoint } from '../config.ts';
import { isBelow, wireSuffix } from '../message/name.ts';
import type { Plan } from '../plan/plan.ts';

/**
 * Those of the longest zone that holds the domain. None where that is the root, whose servers need not know the cluster, or where
 * they are not asked over plain DNS, or stand in a file.
 */
export function clusterServers({ listeners }: Plan, domain: string): readonly Endpoint[] {
  const name = wireSuffix(domain);
  const holds = (suffix: string) => isBelow(name, wireSuffix(suffix));
  const zones = listeners.flatMap((listener) => listener.zones).filter(({ suffix }) => holds(suffix));
  const longest = Math.max(0, ...zones.map(({ suffix }) => suffix.length));
  if (longest === 0) return [];
  const blocks = new Set(zones.filter(({ suffix }) => suffix.length === longest).map(({ block }) => block));
  const found = [...blocks].flatMap(({ forwards }) => {
    const forward = forwards.find(({ from, except }) => holds(from) && !except.some(holds));
    return (forward?.servers ?? []).filter(({ protocol }) => protocol === 'dns');
  });
  return [...new Map(found.map(({ endpoint }) => [formatEndpoint(endpoint), endpoint])).values()];
}
