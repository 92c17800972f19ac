// floors — the memory that each zone has for queries that wait, whatever those of other zones take.

import { ZONES_WITH_LINES, type Zone } from '../zone/zone.ts';

/** What part of all waiting queries' memory each zone has for itself: that of the cluster, and each other one at most. */
const CLUSTER_FLOOR = 1 / 4;
const ZONE_FLOOR = 1 / 16;
/** … and all of them together. */
const FLOORS = 1 / 2;

/** What part of the memory of all that wait each zone has for itself, by where its queries wait. */
export function floorsOf(zones: readonly (Zone | undefined)[], clusterDomain: string): readonly number[] {
  const floors = new Array<number>(ZONES_WITH_LINES).fill(0);
  const known = zones.filter((zone) => zone !== undefined);
  const floor = Math.min(ZONE_FLOOR, FLOORS / Math.max(1, known.length));
  for (const { lines, name } of known) floors[lines] = name === `${clusterDomain}.` ? CLUSTER_FLOOR : floor;
  return floors;
}
