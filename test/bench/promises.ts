// promises — the numbers the project promises, held against a run; a promise nobody measured is not kept.

import { type FigureId, figures, type Sample, type ServerId } from './figures.ts';
import { median, ratio, valuesOf } from './statistics.ts';

interface Promised {
  readonly figure: FigureId;
  /** Another server's number of the same round, or none for an absolute limit. */
  readonly against: ServerId | undefined;
  readonly limit: number;
  /** Is the limit itself still fine? `≤` says yes, `<` says no. */
  readonly bound: '≤' | '<';
}

export const promises: readonly Promised[] = [
  { figure: 'hit-1k', against: 'floor', limit: 1.2, bound: '≤' },
  { figure: 'hit-1k', against: 'unbound', limit: 1, bound: '<' },
  { figure: 'hit-1k', against: 'dnsmasq', limit: 1, bound: '<' },
  { figure: 'hit-100k', against: 'floor', limit: 1.2, bound: '≤' },
  { figure: 'hit-100k', against: 'unbound', limit: 1, bound: '<' },
  { figure: 'hit-100k', against: 'dnsmasq', limit: 1, bound: '<' },
  { figure: 'miss', against: 'unbound', limit: 0.6, bound: '≤' },
  { figure: 'miss', against: 'dnsmasq', limit: 1, bound: '<' },
  { figure: 'tcp', against: 'unbound', limit: 1, bound: '<' },
  { figure: 'memory', against: undefined, limit: 70, bound: '≤' },
  { figure: 'start', against: undefined, limit: 300, bound: '≤' },
];

export interface Verdict {
  readonly outcome: 'kept' | 'broken' | 'unmeasured';
  readonly sentence: string;
}

/** One verdict a promise, in the order of the table above. */
export function judge(samples: readonly Sample[]): Verdict[] {
  return promises.map((promised) => {
    const figure = figures.find(({ id }) => id === promised.figure)!;
    const wanted = promised.against
      ? `${promised.bound} ${promised.limit} × ${promised.against}`
      : `${promised.bound} ${promised.limit} ${figure.unit}`;
    const found = promised.against
      ? ratio(samples, figure, 'twindns', promised.against)
      : absolute(valuesOf(samples, figure, 'twindns'));
    const sentence = `${figure.title}: ${wanted}`;
    if (found === undefined || Number.isNaN(found)) {
      return { outcome: 'unmeasured', sentence: `${sentence}, not measured` };
    }
    const kept = promised.bound === '≤' ? found <= promised.limit : found < promised.limit;
    const measured = promised.against
      ? `${found.toFixed(3)} ×`
      : `${found.toFixed(figure.decimals)} ${figure.unit}`;
    return { outcome: kept ? 'kept' : 'broken', sentence: `${sentence}, measured ${measured}` };
  });
}

/** Everything `--check` fails for; what a user left out on purpose (`partial`) is not held against the run. */
export function failures(verdicts: readonly Verdict[], partial: boolean): Verdict[] {
  return verdicts.filter(({ outcome }) => outcome === 'broken' || (outcome === 'unmeasured' && !partial));
}

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function absolute(values: readonly number[]): number | undefined {
  return values.length > 0 ? median(values) : undefined;
}
