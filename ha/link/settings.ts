// settings — what both instances of a pair are to be told alike, since each answers for the other: compared when they meet.

import { createHash } from 'node:crypto';
import type { Config } from '../../src/config.ts';

/** By the name of the flag, a digest: the values are not needed to see that they differ. */
export type Settings = Readonly<Record<string, string>>;

const MOST = 16;
const DIGITS = 8;

/** @param configuration a digest of what the Corefile says, as it holds now; see src/plan/configuration.ts */
export function settingsOf(config: Config, configuration = config.configuration): Settings {
  const { clusterDomain, clusterDns, upstreams, upstreamFile, cacheTtl } = config;
  return {
    '--cluster-domain': digest(clusterDomain),
    '--cluster-dns': digest(clusterDns),
    '--upstream': digest(upstreamFile ?? upstreams),
    '--cache-ttl': digest(cacheTtl),
    '--corefile': configuration === '' ? digest('') : configuration,
  };
}

/** The flags that both know and have other values for. */
export function differing(ours: Settings, theirs: Settings): string[] {
  return Object.keys(ours).filter((flag) => theirs[flag] !== undefined && theirs[flag] !== ours[flag]);
}

export function isSettings(value: unknown): value is Settings {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const digests = Object.values(value);
  return digests.length <= MOST && digests.every((one) => typeof one === 'string' && one.length === DIGITS);
}

// ---------------------------------------------------------------------------------------------------------------------

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, DIGITS);
}
