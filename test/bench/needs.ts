// needs — which programs of others the chosen rows and servers are measured with: set-up installs those, and no others.

import { type MeasureId, serverIds } from './figures.ts';
import type { Options } from './options.ts';
import { servers } from './servers.ts';

/** Rows that no load is needed for. */
const withoutLoad: readonly MeasureId[] = ['start'];

export function programsFor({ only, servers: chosen, help, printConfig }: Options): string[] {
  if (help || printConfig) return [];
  const loads = only.some((measure) => !withoutLoad.includes(measure));
  const packaged = (chosen ?? serverIds).filter((server) => servers[server].debian !== undefined);
  return [
    'taskset',
    'nsd',
    ...(loads ? ['dnsperf'] : []),
    ...packaged.map((server) => servers[server].program!),
  ];
}
