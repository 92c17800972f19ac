// sample-run — an invented run that keeps every promise, for the tests to spoil one number at a time.

import type { MeasureId, Sample, ServerId } from './figures.ts';

type Numbers = Partial<Record<ServerId, Readonly<Record<string, number>>>>;

const good: Readonly<Record<MeasureId, Numbers>> = {
  idle: { pair: { percent: 0.1, wakeups: 6 }, coredns: { percent: 0.01, wakeups: 1 } },
  'node-50': node(0.5, 1.4),
  'node-200': node(2, 5),
  'node-1000': node(5, 10),
  'node-5000': node(16, 41, 15.5),
  'hit-1k': cpu({ floor: 4, twindns: 4.6, unbound: 5.2, dnsmasq: 8 }),
  'hit-100k': cpu({ floor: 4, twindns: 4.7, unbound: 6, dnsmasq: 9 }),
  'hit-paced': cpu({ floor: 5, twindns: 6.5, unbound: 6.5, dnsmasq: 9 }),
  'miss-paced': cpu({ twindns: 30, unbound: 42, dnsmasq: 36 }),
  tcp: cpu({ twindns: 3.5, unbound: 12 }),
  miss: cpu({ twindns: 16, unbound: 30, dnsmasq: 45 }),
  latency: {
    floor: { p50: 30, p99: 45, p999: 900 },
    twindns: { p50: 33, p99: 60, p999: 1000 },
    unbound: { p50: 33, p99: 64, p999: 1000 },
  },
  memory: { twindns: { mebibytes: 58, proportional: 50 }, unbound: { mebibytes: 24, proportional: 20 } },
  start: { floor: { millis: 4 }, twindns: { millis: 150 }, unbound: { millis: 40 } },
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

function node(pair: number, coredns: number, unbound?: number): Numbers {
  return {
    twindns: { percent: pair * 0.8, asked: 30 },
    pair: { percent: pair, asked: 31 },
    coredns: { percent: coredns, asked: 30 },
    ...(unbound === undefined ? {} : { unbound: { percent: unbound, asked: 30 } }),
  };
}

function cpu(micros: Partial<Record<ServerId, number>>): Numbers {
  return Object.fromEntries(Object.entries(micros).map(([server, value]) => [server, { micros: value }]));
}
