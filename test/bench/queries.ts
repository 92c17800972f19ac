// queries — the zone's names, and the files that tell dnsperf and latency what to ask.

import { writeFileSync } from 'node:fs';

export const zone = 'bench.example';

export function zoneName(index: number): string {
  return `n${String(index).padStart(6, '0')}.${zone}`;
}

/** Matched by the zone's wildcard: any number of names that nobody has asked for yet. */
export function newName(batch: number, index: number): string {
  return `b${batch}-${String(index).padStart(6, '0')}.new.${zone}`;
}

export function zoneFile(names: number): string {
  const head = [
    `$ORIGIN ${zone}.`,
    '$TTL 86400',
    `@ SOA ns.${zone}. hostmaster.${zone}. 1 3600 600 86400 3600`,
    '@ NS ns',
    'ns A 127.0.0.1',
    '*.new A 192.0.2.1',
  ];
  const records = Array.from({ length: names }, (_, i) => `n${String(i).padStart(6, '0')} A ${address(i)}`);
  return `${[...head, ...records].join('\n')}\n`;
}

/** Asks for the first `count` names of the zone, each once. */
export function writeHits(path: string, count: number): string {
  return write(
    path,
    Array.from({ length: count }, (_, i) => zoneName(i)),
  );
}

export function writeMisses(path: string, batch: number, count: number): string {
  return write(
    path,
    Array.from({ length: count }, (_, i) => newName(batch, i)),
  );
}

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function write(path: string, names: readonly string[]): string {
  writeFileSync(path, `${names.map((name) => `${name} A`).join('\n')}\n`);
  return path;
}

function address(index: number): string {
  return `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
}
