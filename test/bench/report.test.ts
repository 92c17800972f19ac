// report.test — what people see of a run: the table, the chart and the doubts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chart } from './chart.ts';
import { doubts } from './doubts.ts';
import { figures, picturedFigures, type Sample, takesPart } from './figures.ts';
import { sampleRun } from './sample-run.ts';
import { summarise } from './statistics.ts';
import { table } from './table.ts';

const servers = ['floor', 'twindns', 'pair', 'unbound', 'dnsmasq', 'coredns'] as const;
const rows = summarise(sampleRun(), figures, servers);

test('the table has a line for each figure, aligned, with the ratio to the floor', () => {
  const lines = table(rows, figures, servers).split('\n');
  assert.equal(lines.length, figures.length + 2);
  assert.match(lines[0]!, /floor +twindns +pair +unbound +dnsmasq +coredns$/);
  assert.match(lines[2]!, /^CPU while nothing is asked \(% of a core\) +– +– +0\.10 ±0\.00/);
  const first = lines.find((line) => line.includes('1,000 names (µs)'));
  assert.match(first!, /^CPU per cached answer, 1,000 names \(µs\) .*4\.69 ±0\.05 ×1\.15/);
  assert.match(lines.find((line) => line.includes('TCP'))!, / – .* –$/);
});

test('the table leaves out what was not measured', () => {
  const some = rows.filter(({ figure }) => figure === 'start');
  assert.equal(table(some, figures, servers).split('\n').length, 3);
});

test('the chart is one well-formed picture with a bar for each number and nothing from elsewhere', () => {
  const svg = chart(rows, figures, servers, ['a < b & c']);
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  assert.equal(svg.match(/<rect x=/g)?.length, rows.length);
  assert.match(svg, /a &lt; b &amp; c/);
  assert.doesNotMatch(svg, /NaN|undefined|Infinity|href|url\(/);
  for (const tag of ['svg', 'g', 'text', 'title']) {
    const opened = svg.match(new RegExp(`<${tag}[ >]`, 'g'))?.length;
    assert.equal(opened, svg.match(new RegExp(`</${tag}>`, 'g'))?.length, tag);
  }
});

test('the picture for a page has what a reader asks first, in light and in dark', () => {
  const svg = chart(rows, picturedFigures, servers, []);
  assert.match(picturedFigures[0]!.title, /nothing is asked/);
  assert.equal(svg.match(/<g transform/g)?.length, picturedFigures.length);
  for (const { title } of picturedFigures) assert.ok(svg.includes(`>${title}</text>`), title);
  assert.match(svg, /prefers-color-scheme:dark/);
  assert.doesNotMatch(svg.replace(/<style>[\s\S]*?<\/style>/, ''), /#[0-9a-f]{6}/);
});

test('a chart of nothing is still a picture', () => {
  assert.doesNotMatch(chart([], figures, servers, []), /NaN|Infinity/);
});

test('a clean run raises no doubts', () => {
  assert.deepEqual(doubts(sampleRun(), rows, figures), []);
});

const fine = { micros: 5, answered: 1000, lost: 0, failed: 0, qps: 1000, rate: 1000, upstreamMicros: 0 };
const suspicious: readonly [string, Sample['measure'], Partial<typeof fine>, RegExp][] = [
  ['losses', 'hit-1k', { lost: 2 }, /lost more than 0\.1 %/],
  ['wrong answers', 'hit-1k', { failed: 1 }, /other than NOERROR/],
  ['a missed rate', 'hit-1k', { qps: 900 }, /did not keep up with 1000/],
  ['hits that went upstream', 'hit-100k', { upstreamMicros: 3 }, /asked upstream for hits/],
  ['misses that did not go upstream', 'miss', { upstreamMicros: 0 }, /did not ask upstream/],
];
for (const [what, measure, values, sentence] of suspicious) {
  test(`${what} are doubted`, () => {
    const sample: Sample = { measure, server: 'unbound', round: 1, values: { ...fine, ...values } };
    assert.match(doubts([sample, { ...sample, round: 2 }], [], figures).join('\n'), sentence);
    const sound = {
      ...sample,
      values: { ...fine, upstreamMicros: measure === 'miss' || measure === 'miss-paced' ? 15 : 0 },
    };
    assert.deepEqual(doubts([sound], [], figures), []);
  });
}

test('a wide spread of CPU time is doubted', () => {
  const row = { ...rows.find(({ figure }) => figure === 'hit-1k')!, low: 3, median: 4, high: 5 };
  assert.match(doubts([], [row], figures).join(), /varied by 50 %/);
});

test('nobody is measured doing what it cannot do', () => {
  assert.equal(takesPart('floor', 'miss'), false);
  assert.equal(takesPart('dnsmasq', 'tcp'), false);
  assert.equal(takesPart('floor', 'node-50'), false);
  assert.equal(takesPart('pair', 'start'), false);
  assert.equal(takesPart('twindns', 'tcp'), true);
});
