// statistics — medians, spreads and same-round ratios; noise of a shared machine hits neighbours in time alike.

import type { Figure, Sample, ServerId } from './figures.ts';

/** `NaN` of nothing, so that a missing number can never look like a good one. */
export function median(numbers: readonly number[]): number {
  return percentile(numbers, 50);
}

/** Linear between the two nearest ranks; `NaN` of nothing. */
export function percentile(numbers: readonly number[], percent: number): number {
  if (numbers.length === 0) return Number.NaN;
  const sorted = [...numbers].sort((a, b) => a - b);
  const rank = (Math.min(Math.max(percent, 0), 100) / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(rank)]!;
  const above = sorted[Math.ceil(rank)]!;
  return below + (above - below) * (rank - Math.floor(rank));
}

export interface Row {
  readonly figure: string;
  readonly server: ServerId;
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly rounds: number;
  /** Median of the same-round ratios to the floor; undefined where the floor takes no part. */
  readonly toFloor: number | undefined;
}

export function valuesOf(samples: readonly Sample[], figure: Figure, server: ServerId): number[] {
  return samples
    .filter((sample) => sample.measure === figure.measure && sample.server === server)
    .map((sample) => sample.values[figure.value])
    .filter((value) => value !== undefined);
}

/** Median over the rounds both took part in; undefined when there is none. */
export function ratio(
  samples: readonly Sample[],
  figure: Figure,
  one: ServerId,
  other: ServerId,
): number | undefined {
  const ratios: number[] = [];
  for (const sample of samples) {
    if (sample.measure !== figure.measure || sample.server !== one) continue;
    const partner = samples.find(
      (s) => s.measure === figure.measure && s.server === other && s.round === sample.round,
    );
    const above = sample.values[figure.value];
    const below = partner?.values[figure.value];
    if (above !== undefined && below !== undefined && below > 0) ratios.push(above / below);
  }
  return ratios.length > 0 ? median(ratios) : undefined;
}

export function summarise(
  samples: readonly Sample[],
  figures: readonly Figure[],
  servers: readonly ServerId[],
): Row[] {
  const rows: Row[] = [];
  for (const figure of figures) {
    for (const server of servers) {
      const values = valuesOf(samples, figure, server);
      if (values.length === 0) continue;
      rows.push({
        figure: figure.id,
        server,
        median: median(values),
        low: Math.min(...values),
        high: Math.max(...values),
        rounds: values.length,
        // How fast an echo starts says nothing about a cache.
        toFloor: figure.measure === 'start' ? undefined : ratio(samples, figure, server, 'floor'),
      });
    }
  }
  return rows;
}
