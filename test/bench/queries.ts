// queries — the zone's names, and the files that tell dnsperf and latency what to ask.

import { writeFileSync } from 'node:fs';
import { Random } from '../fuzz/random.ts';

export const zone = 'bench.example';

export function zoneName(index: number): string {
  return `n${String(index).padStart(6, '0')}.${zone}`;
}

/** Of those that run out while they are asked for; there are `shortLived` of them. */
export function shortLivedName(index: number): string {
  return `s${String(index).padStart(4, '0')}.${zone}`;
}

export const shortLived = 1000;
/** Their TTL, seconds. */
export const shortLife = 30;

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
  const short = Array.from(
    { length: shortLived },
    (_, i) => `s${String(i).padStart(4, '0')} ${shortLife} A ${address(i)}`,
  );
  return `${[...head, ...records, ...short].join('\n')}\n`;
}

/** Asks for the first `count` names of the zone, each once. */
export function writeHits(path: string, count: number): string {
  return write(
    path,
    Array.from({ length: count }, (_, i) => zoneName(i)),
  );
}

/**
 * Asks for `count` short-lived names by chance, each the more often the lower its number (Zipf's law, exponent 1): in the same
 * order for all who give the same `seed`.
 */
export function writePopular(path: string, seed: number, count: number): string {
  const upTo: number[] = [];
  for (let i = 0; i < shortLived; i++) upTo.push((upTo.at(-1) ?? 0) + 1 / (i + 1));
  const chance = new Random(seed);
  const draw = () => (chance.below(1e9) / 1e9) * upTo.at(-1)!;
  const names = Array.from({ length: count }, () => {
    const drawn = draw();
    return shortLivedName(upTo.findIndex((sum) => drawn < sum));
  });
  return write(path, names);
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
