// floors — what part of the memory of all queries that wait is each zone's own.

import { ZONES_WITH_LINES, type Zone } from './zone.ts';

/** That of the cluster, and each other one at most. */
const CLUSTER_FLOOR = 1 / 4;
const ZONE_FLOOR = 1 / 16;
/** … and all of them together. */
const FLOORS = 1 / 2;

/** By where the queries of a zone wait. */
export function floorsOf(zones: readonly (Zone | undefined)[], clusterDomain: string): readonly number[] {
  const floors = new Array<number>(ZONES_WITH_LINES).fill(0);
  const known = zones.filter((zone) => zone !== undefined);
  const floor = Math.min(ZONE_FLOOR, FLOORS / Math.max(1, known.length));
  for (const { lines, name } of known) floors[lines] = name === `${clusterDomain}.` ? CLUSTER_FLOOR : floor;
  return floors;
}
