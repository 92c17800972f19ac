// promises.test — every promise is shown to be kept by a good run and broken by one bad number.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figures, type MeasureId, type ServerId } from './figures.ts';
import { failures, judge, promises } from './promises.ts';
import { sampleRun } from './sample-run.ts';

test('a good run keeps every promise', () => {
  const verdicts = judge(sampleRun());
  assert.equal(verdicts.length, promises.length);
  assert.deepEqual(failures(verdicts, false), []);
});

type Bad = readonly [MeasureId, Readonly<Record<string, number>>, RegExp];
const badOfPair: readonly Bad[] = [
  ['idle', { percent: 0.21 }, /while nothing is asked, the pair: ≤ 0\.2 % of a core, measured 0\.21 /],
  ['idle', { wakeups: 11 }, /Wake-ups while nothing is asked, the pair: ≤ 10 a second/],
  ['node-50', { percent: 0.86 }, /CPU at 50 .*the pair: ≤ 0\.6 × coredns/],
  ['node-200', { percent: 3.1 }, /CPU at 200 .*the pair: ≤ 0\.6 × coredns/],
  ['node-1000', { percent: 6.3 }, /CPU at 1,000 .*the pair: ≤ 0\.6 × coredns/],
  ['node-5000', { percent: 25.6 }, /CPU at 5,000 .*the pair: ≤ 0\.6 × coredns/],
  ['node-5000', { percent: 17.6 }, /CPU at 5,000 .*the pair: ≤ 1\.1 × unbound/],
  ['node-200', { asked: 34.1 }, /Questions to the upstream at 200 .*the pair: ≤ 1\.1 × twindns/],
];
const badOfOne: readonly Bad[] = [
  ['hit-1k', { micros: 5 }, /1,000 names: ≤ 1\.15 × floor/],
  ['hit-1k', { micros: 5.4 }, /1,000 names: < 1 × unbound/],
  ['hit-1k', { micros: 8.5 }, /1,000 names: < 1 × dnsmasq/],
  ['hit-100k', { micros: 5 }, /100,000 names: ≤ 1\.2 × floor/],
  ['hit-100k', { micros: 6.4 }, /100,000 names: < 1 × unbound/],
  ['hit-100k', { micros: 9.6 }, /100,000 names: < 1 × dnsmasq/],
  ['miss', { micros: 17.5 }, /forwarded answer, every name new: ≤ 0\.55 × unbound/],
  ['miss', { micros: 47 }, /forwarded answer, every name new: < 1 × dnsmasq/],
  ['tcp', { micros: 3.8 }, /over TCP: ≤ 0\.3 × unbound/],
  ['hit-paced', { micros: 6.8 }, /cached answer, paced load: ≤ 1 × unbound/],
  ['miss-paced', { micros: 38 }, /forwarded answer, paced load: ≤ 1 × dnsmasq/],
  ['latency', { p99: 67 }, /99 %: ≤ 1 × unbound/],
  ['memory', { mebibytes: 64.1 }, /10,000 names cached: ≤ 64 MiB, measured 64\.1 MiB/],
  ['start', { millis: 201 }, /first answer: ≤ 200 ms/],
];
const bad = [
  ...badOfPair.map((one) => ['pair', ...one] as const),
  ...badOfOne.map((one) => ['twindns', ...one] as const),
];
for (const [server, measure, values, sentence] of bad) {
  test(`${JSON.stringify(values)} in ${measure} breaks "${sentence.source}"`, () => {
    const broken = failures(judge(sampleRun({ measure, server, values })), false);
    assert.ok(
      broken.some((verdict) => verdict.outcome === 'broken' && sentence.test(verdict.sentence)),
      JSON.stringify(broken),
    );
  });
}

test('every promise of the table has a bad number above', () => {
  for (const { of = 'twindns', figure, against } of promises) {
    const { title, measure, value } = figures.find(({ id }) => id === figure)!;
    const covered = bad.some(
      ([server, spoiled, values, { source }]) =>
        server === of &&
        spoiled === measure &&
        Object.hasOwn(values, value) &&
        (against === undefined || source.includes(against)),
    );
    assert.ok(covered, `${title} of ${of} against ${against ?? 'its limit'}`);
  }
});

test('what is exactly at a limit keeps ≤ and breaks <', () => {
  const outcome = (measure: MeasureId, values: Record<string, number>, sentence: RegExp) =>
    judge(sampleRun({ measure, server: 'twindns', values })).find((v) => sentence.test(v.sentence))?.outcome;
  assert.equal(outcome('memory', { mebibytes: 64 }, /memory/), 'kept');
  assert.equal(outcome('start', { millis: 200 }, /first answer/), 'kept');
  const equal = sampleRun().map((sample) =>
    sample.measure === 'hit-1k' ? { ...sample, values: { micros: 5 } } : sample,
  );
  const verdicts = judge(equal).filter((v) => /1,000 names: < 1 ×/.test(v.sentence));
  assert.deepEqual(
    verdicts.map((v) => v.outcome),
    ['broken', 'broken'],
  );
});

test('an absent number is not a kept promise, unless the user left it out', () => {
  const without = (server: ServerId) => sampleRun().filter((sample) => sample.server !== server);
  for (const server of ['floor', 'unbound', 'dnsmasq', 'coredns', 'pair', 'twindns'] as const) {
    const verdicts = judge(without(server));
    assert.ok(
      failures(verdicts, false).some(({ outcome }) => outcome === 'unmeasured'),
      server,
    );
    assert.deepEqual(failures(verdicts, true), []);
  }
  const nothing = judge(
    sampleRun({ measure: 'memory', server: 'twindns', values: { mebibytes: Number.NaN } }),
  );
  assert.equal(nothing.find((v) => /memory/.test(v.sentence))?.outcome, 'unmeasured');
});
