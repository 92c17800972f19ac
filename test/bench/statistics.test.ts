// statistics.test — medians, percentiles and ratios that a slowing machine does not bend.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figures } from './figures.ts';
import { sampleRun } from './sample-run.ts';
import { median, percentile, ratio, summarise } from './statistics.ts';

const hit = figures.find(({ id }) => id === 'hit-1k')!;

test('the median is the middle, or between the two middle ones', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([7]), 7);
  assert.ok(Number.isNaN(median([])));
});

test('percentiles lie between the nearest ranks and within the numbers', () => {
  const numbers = Array.from({ length: 101 }, (_, i) => 100 - i);
  assert.equal(percentile(numbers, 99), 99);
  assert.equal(percentile(numbers, 0), 0);
  assert.equal(percentile(numbers, 100), 100);
  assert.equal(percentile(numbers, 120), 100);
  assert.equal(percentile([10, 20], 25), 12.5);
});

test('a ratio compares within a round, so a slowing machine does not change it', () => {
  const found = ratio(sampleRun(), hit, 'twindns', 'floor');
  assert.ok(found !== undefined && Math.abs(found - 1.15) < 1e-9);
});

test('rounds without a partner do not count, and no partner at all means no ratio', () => {
  const samples = sampleRun();
  assert.equal(ratio(samples, hit, 'twindns', 'kresd'), undefined);
  const some = samples.filter(({ server, round }) => server !== 'floor' || round === 2);
  const found = ratio(some, hit, 'twindns', 'floor');
  assert.ok(found !== undefined && Math.abs(found - 1.15) < 1e-9);
});

test('a summary has a row for each server that was measured, with its spread', () => {
  const rows = summarise(sampleRun(), figures, ['floor', 'twindns', 'kresd']);
  const row = rows.find(({ figure, server }) => figure === 'hit-1k' && server === 'twindns')!;
  assert.equal(row.rounds, 3);
  assert.ok(row.low < row.median && row.median < row.high);
  assert.ok(!rows.some(({ server }) => server === 'kresd'));
  assert.equal(rows.find(({ figure }) => figure === 'memory')?.toFloor, undefined);
});
