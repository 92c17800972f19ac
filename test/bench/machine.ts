// machine — which computer this is, in one line, and which of its cores serve and which one loads.

import { readFileSync } from 'node:fs';
import { arch, cpus, release, totalmem } from 'node:os';

export interface Cores {
  readonly serve: number;
  readonly load: number;
}

/** `AMD EPYC, 2 cores, 8 GiB, Linux 6.18.44 x64, Node.js 20.20.2`; no date, so that charts can be compared. */
export function describeMachine(): string {
  const model = (cpus()[0]?.model ?? 'unknown CPU')
    .replace(/\((R|TM)\)/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${model}, ${cpus().length} cores, ${memory} GiB, Linux ${release()} ${arch()}, Node.js ${process.versions.node}`;
}

/** The first and the last core this process may use: the farthest apart. */
export function chooseCores(): Cores {
  const status = readFileSync('/proc/self/status', 'utf8');
  const allowed = parseCpuList(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '0');
  const serve = allowed[0]!;
  const load = allowed.at(-1)!;
  if (serve === load)
    throw new Error('The bench needs two CPU cores: one for the servers, one for the load.');
  return { serve, load };
}

/** `0-1,4` → 0, 1, 4. */
export function parseCpuList(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first, last] = range.split('-').map(Number);
    return Array.from({ length: (last ?? first!) - first! + 1 }, (_, i) => first! + i);
  });
}
