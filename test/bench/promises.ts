// promises — the numbers the project promises, held against a run; a promise nobody measured is not kept.

import { type FigureId, figures, type Sample, type ServerId } from './figures.ts';
import { median, ratio, valuesOf } from './statistics.ts';

interface Promised {
  /** Whose number it is: one instance's unless it says otherwise. */
  readonly of?: 'pair';
  readonly figure: FigureId;
  /** Another server's number of the same round, or none for an absolute limit. */
  readonly against: ServerId | undefined;
  readonly limit: number;
  /** Is the limit itself still fine? `≤` says yes, `<` says no. */
  readonly bound: '≤' | '<';
}

export const promises: readonly Promised[] = [
  // Of each of two instances: 0.1 % of a core, 5 wake-ups a second.
  { of: 'pair', figure: 'idle', against: undefined, limit: 0.2, bound: '≤' },
  { of: 'pair', figure: 'idle-wakeups', against: undefined, limit: 10, bound: '≤' },
  { of: 'pair', figure: 'node-50', against: 'coredns', limit: 0.6, bound: '≤' },
  { of: 'pair', figure: 'node-200', against: 'coredns', limit: 0.6, bound: '≤' },
  { of: 'pair', figure: 'node-1000', against: 'coredns', limit: 0.6, bound: '≤' },
  { of: 'pair', figure: 'node-5000', against: 'coredns', limit: 0.6, bound: '≤' },
  { of: 'pair', figure: 'node-5000', against: 'unbound', limit: 1.1, bound: '≤' },
  { of: 'pair', figure: 'node-200-asked', against: 'twindns', limit: 1.1, bound: '≤' },
  { figure: 'hit-1k', against: 'floor', limit: 1.15, bound: '≤' },
  { figure: 'hit-1k', against: 'unbound', limit: 1, bound: '<' },
  { figure: 'hit-1k', against: 'dnsmasq', limit: 1, bound: '<' },
  { figure: 'hit-100k', against: 'floor', limit: 1.2, bound: '≤' },
  { figure: 'hit-100k', against: 'unbound', limit: 1, bound: '<' },
  { figure: 'hit-100k', against: 'dnsmasq', limit: 1, bound: '<' },
  { figure: 'miss', against: 'unbound', limit: 0.55, bound: '≤' },
  { figure: 'miss', against: 'dnsmasq', limit: 1, bound: '<' },
  { figure: 'tcp', against: 'unbound', limit: 0.3, bound: '≤' },
  { figure: 'hit-paced', against: 'unbound', limit: 1, bound: '≤' },
  { figure: 'miss-paced', against: 'dnsmasq', limit: 1, bound: '≤' },
  { figure: 'p99', against: 'unbound', limit: 1, bound: '≤' },
  { figure: 'memory', against: undefined, limit: 64, bound: '≤' },
  { figure: 'start', against: undefined, limit: 200, bound: '≤' },
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
    const { of = 'twindns' } = promised;
    const found = promised.against
      ? ratio(samples, figure, of, promised.against)
      : absolute(valuesOf(samples, figure, of));
    const sentence = `${figure.title}${of === 'pair' ? ', the pair' : ''}: ${wanted}`;
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
