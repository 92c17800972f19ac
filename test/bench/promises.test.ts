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

const bad: readonly [MeasureId, Readonly<Record<string, number>>, RegExp][] = [
  ['hit-1k', { micros: 5 }, /1,000 names: ≤ 1\.2 × floor/],
  ['hit-1k', { micros: 5.4 }, /1,000 names: < 1 × unbound/],
  ['hit-1k', { micros: 8.5 }, /1,000 names: < 1 × dnsmasq/],
  ['hit-100k', { micros: 5 }, /100,000 names: ≤ 1\.2 × floor/],
  ['hit-100k', { micros: 6.4 }, /100,000 names: < 1 × unbound/],
  ['hit-100k', { micros: 9.6 }, /100,000 names: < 1 × dnsmasq/],
  ['miss', { micros: 19 }, /forwarded answer, every name new: ≤ 0\.6 × unbound/],
  ['miss', { micros: 47 }, /forwarded answer, every name new: < 1 × dnsmasq/],
  ['tcp', { micros: 12.5 }, /over TCP: < 1 × unbound/],
  ['memory', { mebibytes: 70.1 }, /10,000 names cached: ≤ 70 MiB, measured 70\.1 MiB/],
  ['start', { millis: 301 }, /first answer: ≤ 300 ms, measured 301 ms/],
];
for (const [measure, values, sentence] of bad) {
  test(`${JSON.stringify(values)} in ${measure} breaks "${sentence.source}"`, () => {
    const broken = failures(judge(sampleRun({ measure, server: 'twindns', values })), false);
    assert.ok(
      broken.some((verdict) => verdict.outcome === 'broken' && sentence.test(verdict.sentence)),
      JSON.stringify(broken),
    );
  });
}

test('every promise of the table has a bad number above', () => {
  for (const { figure, against } of promises) {
    const title = figures.find(({ id }) => id === figure)!.title;
    const covered = bad.some(
      ([measure, , { source }]) => measure === figure && (against === undefined || source.includes(against)),
    );
    assert.ok(covered, `${title} against ${against ?? 'its limit'}`);
  }
});

test('what is exactly at a limit keeps ≤ and breaks <', () => {
  const outcome = (measure: MeasureId, values: Record<string, number>, sentence: RegExp) =>
    judge(sampleRun({ measure, server: 'twindns', values })).find((v) => sentence.test(v.sentence))?.outcome;
  assert.equal(outcome('memory', { mebibytes: 70 }, /memory/), 'kept');
  assert.equal(outcome('start', { millis: 300 }, /first answer/), 'kept');
  const equal = sampleRun().map((sample) =>
    sample.measure === 'tcp' ? { ...sample, values: { micros: 12 } } : sample,
  );
  assert.equal(judge(equal).find((v) => /TCP/.test(v.sentence))?.outcome, 'broken');
});

test('an absent number is not a kept promise, unless the user left it out', () => {
  const without = (server: ServerId) => sampleRun().filter((sample) => sample.server !== server);
  for (const server of ['floor', 'unbound', 'dnsmasq', 'twindns'] as const) {
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
