// sample-run — an invented run that keeps every promise, for the tests to spoil one number at a time.

import type { MeasureId, Sample, ServerId } from './figures.ts';

type Numbers = Partial<Record<ServerId, Readonly<Record<string, number>>>>;

const good: Readonly<Record<MeasureId, Numbers>> = {
  'hit-1k': cpu({ floor: 4, twindns: 4.6, unbound: 5.2, dnsmasq: 8 }),
  'hit-100k': cpu({ floor: 4, twindns: 4.7, unbound: 6, dnsmasq: 9 }),
  'hit-paced': cpu({ floor: 5, twindns: 6.5, unbound: 6.5, dnsmasq: 9 }),
  'miss-paced': cpu({ twindns: 30, unbound: 42, dnsmasq: 36 }),
  tcp: cpu({ twindns: 9, unbound: 12 }),
  miss: cpu({ twindns: 17, unbound: 30, dnsmasq: 45 }),
  latency: { floor: { p50: 30, p99: 45, p999: 900 }, twindns: { p50: 33, p99: 60, p999: 1000 } },
  memory: { twindns: { mebibytes: 60 }, unbound: { mebibytes: 24 } },
  start: { floor: { millis: 4 }, twindns: { millis: 200 }, unbound: { millis: 40 } },
};

/** Three rounds; `spoil` replaces values of one server in one measure. */
export function sampleRun(spoil?: {
  readonly measure: MeasureId;
  readonly server: ServerId;
  readonly values: Readonly<Record<string, number>>;
}): Sample[] {
  return [1, 2, 3].flatMap((round) =>
    Object.entries(good).flatMap(([measure, numbers]) =>
      Object.entries(numbers).map(([server, values]): Sample => {
        const spoiled = spoil?.measure === measure && spoil.server === server ? spoil.values : {};
        // The machine slows down from round to round, for all alike: ratios must not notice.
        const slowed = Object.fromEntries(
          Object.entries(values).map(([key, value]) => [key, value * (1 + round / 100)]),
        );
        return {
          measure: measure as MeasureId,
          server: server as ServerId,
          round,
          values: { ...slowed, ...spoiled },
        };
      }),
    ),
  );
}

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function cpu(micros: Partial<Record<ServerId, number>>): Numbers {
  return Object.fromEntries(Object.entries(micros).map(([server, value]) => [server, { micros: value }]));
}
