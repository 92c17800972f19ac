// picture.test — one scenario as a picture that stands alone: every subject is in it, red is for losses, nothing is from elsewhere.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChaosRun } from '../../../chaos/report/outcome.ts';
import { picture } from '../../../chaos/report/picture.ts';
import { sampleRun, withoutLoss } from './sample-run.ts';

const all = sampleRun();
const run: ChaosRun = { ...all, outcomes: all.outcomes.filter(({ scenario }) => scenario === 'killed') };

test('each subject is drawn, with what it lost, on the colours of the reader’s choice', () => {
  const svg = picture(run);
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 \d+ \d+"/);
  assert.equal(
    svg.match(/<svg class="chart \S+" x="\d+" y="\d+" width="360" height="292"/g)?.length,
    run.outcomes.length,
  );
  for (const name of ['twindns', 'without custody', 'a pair of Unbounds'])
    assert.match(svg, new RegExp(`<text class="name" [^>]*>${name}</text>`));
  assert.match(svg, /<text class="none" [^>]*>none lost<tspan/);
  assert.equal(svg.match(/<text class="losses" [^>]*>[\d,]+ lost<tspan/g)?.length, 2);
  assert.match(svg, /prefers-color-scheme: dark/);
});

test('it needs nothing else, and every tag is closed in order', () => {
  const svg = picture(run);
  assert.doesNotMatch(svg, /NaN|undefined|Infinity|href|url\(|<script/);
  const open: string[] = [];
  for (const [, slash, name, closed] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
    if (slash === '/') assert.equal(open.pop(), name);
    else if (closed !== '/') open.push(name!);
  }
  assert.deepEqual(open, []);
});

test('without a loss nothing is red, and what is told is text', () => {
  const [first] = run.outcomes;
  const svg = picture({ ...run, kernel: '<b>&', outcomes: [withoutLoss(first!)] });
  assert.doesNotMatch(svg, /class="losses"|<g class="lost"><title>/);
  assert.match(svg, /kernel &lt;b&gt;&amp;\./);
});
