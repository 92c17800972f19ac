// report.test — the report of a chaos run shows every outcome, escapes what it is told, and is red only for losses.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ChaosRun, type Outcome, subjects } from '../../../chaos/report/outcome.ts';
import { renderReport } from '../../../chaos/report/report.ts';
import { names } from '../../../chaos/report/verdict-mark.ts';
import { sampleRun, withoutLoss } from './sample-run.ts';

const run = sampleRun();

function withOutcomes(...outcomes: readonly Outcome[]): ChaosRun {
  return { ...run, outcomes };
}

/** What is drawn or written in the colour of losses; the style itself and the legend do not count. */
function red(html: string): string[] {
  const body = html.slice(html.indexOf('<body>')).replace(/<section class="legend"[\s\S]*?<\/section>/, '');
  return body.match(/<[^>]*class="[^"]*\blost\b[^>]*>/g) ?? [];
}

function matches(html: string, pattern: RegExp): number {
  return html.match(pattern)?.length ?? 0;
}

test('every scenario and subject is in the table and has a picture that can be heard', () => {
  const html = renderReport(run);
  const scenarios = [...new Set(run.outcomes.map(({ scenario }) => scenario))];
  assert.equal(scenarios.length, 5);
  scenarios.forEach((scenario, i) => {
    assert.ok(html.includes(`href="#scenario-${i + 1}">${scenario}<`), scenario);
    assert.ok(html.includes(`id="scenario-${i + 1}"`), scenario);
  });
  for (const subject of subjects)
    assert.equal(matches(html, new RegExp(`<h3>${names[subject]}</h3>`, 'g')), 5);
  const pictures =
    /<svg class="chart[^>]*role="img" aria-label="[^"]+">\s*<title>[^<]+<\/title>\s*<desc>[^<]+<\/desc>/g;
  assert.equal(matches(html, pictures), run.outcomes.length);
});

test('tags are closed in order', () => {
  const alone = new Set(['meta', 'link']);
  const open: string[] = [];
  for (const [, slash, name, closed] of renderReport(run).matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*?(\/?)>/g)) {
    if (slash === '/') assert.equal(open.pop(), name);
    else if (closed !== '/' && !alone.has(name!)) open.push(name!);
  }
  assert.deepEqual(open, []);
});

test('whatever is told is text, never markup', () => {
  const nasty = `"'><script>alert(1)</script>&`;
  const [first] = run.outcomes;
  const html = renderReport({
    ...run,
    twindns: nasty,
    kernel: nasty,
    node: nasty,
    startedAt: nasty,
    outcomes: [
      {
        ...first!,
        scenario: nasty,
        purpose: nasty,
        held: false,
        faults: [nasty],
        notes: [nasty],
        disasters: [{ at: 1, what: nasty }],
      },
    ],
  });
  assert.ok(!html.includes('<script'));
  assert.ok(!html.includes(nasty));
  assert.ok(matches(html, /&quot;&#39;&gt;&lt;script&gt;alert\(1\)&lt;\/script&gt;&amp;/g) > 9);
});

test('it is red where queries were lost, and nowhere else', () => {
  const clean = run.outcomes.map(withoutLoss);
  assert.deepEqual(red(renderReport(withOutcomes(...clean))), []);
  const html = renderReport(withOutcomes(clean[0]!));
  assert.match(html, /lost <strong>none<\/strong> of 600,000 queries/);
  const buckets = clean[0]!.timeline.map((bucket, i) =>
    i === 7 ? { ...bucket, lost: 1, answered: bucket.answered - 1 } : bucket,
  );
  const one = { ...clean[0]!, timeline: buckets };
  assert.equal(red(renderReport(withOutcomes(one))).length, 1, 'a single lost query is seen');
  const told = renderReport(withOutcomes({ ...clean[0]!, udp: { ...clean[0]!.udp, never: 1 } }));
  assert.equal(red(told).length, 4, 'summary, tile, table, caption');
});

test('each of hundreds of disasters has its tick and its words', () => {
  const [killed] = run.outcomes;
  assert.ok(killed!.disasters.length > 400);
  const html = renderReport(withOutcomes(killed!));
  const [, ticks = ''] = html.match(/<path class="tick" stroke-width[^>]* d="([^"]*)"/) ?? [];
  assert.equal(matches(ticks, /M/g), killed!.disasters.length);
  const words = [...html.matchAll(/<rect class="hit"[^>]*><title>([^<]*)/g)].flatMap(([, text]) =>
    text!.split('\n'),
  );
  assert.equal(words.length, killed!.disasters.length);
  assert.ok(words.every((text) => /^\d+\.\d\d s: SIGKILL (primary|secondary)$/.test(text)));
});

test('what did not hold is said on top, in the table and with its faults', () => {
  const broken = { ...run.outcomes[0]!, held: false, faults: ['The slowest answer took 300 ms.'] };
  const html = renderReport(withOutcomes(broken, ...run.outcomes.slice(1)));
  assert.match(html, /<b>1 of 15 outcomes did not hold<\/b>: see <a href="#scenario-1">killed<\/a>/);
  assert.match(html, /<li><b>twindns:<\/b> The slowest answer took 300 ms\.<\/li>/);
  assert.equal(matches(html, /✗<\/b> did not hold/g), 3);
});

test('a long course is drawn in few steps, and no loss goes missing in them', () => {
  const [, control] = run.outcomes;
  const hour = Array.from({ length: 18_000 }, (_, i) => ({
    ...control!.timeline[i % control!.timeline.length]!,
    at: i * control!.bucketMs,
  }));
  const html = renderReport(withOutcomes({ ...control!, ms: 3_600_000, timeline: hour }));
  const drawn = [...html.matchAll(/s: ([\d,]+) of [\d,]+ lost/g)].map(([, text]) =>
    Number(text!.replaceAll(',', '')),
  );
  assert.ok(drawn.length <= 150);
  assert.equal(
    drawn.reduce((a, b) => a + b),
    hour.reduce((sum, { lost }) => sum + lost, 0),
  );
});

test('what was not measured is a dash, also after a way through JSON', () => {
  const [first] = run.outcomes;
  const silent = { ...first!.tcp, once: 0, p50: Number.NaN, p999: Number.NaN, worst: Number.NaN };
  const empty = { ...first!, tcp: silent, udp: silent, timeline: [], disasters: [] };
  const mute = first!.timeline.map((bucket) => ({ ...bucket, p50: Number.NaN, worst: Number.NaN }));
  for (const outcomes of [[empty], [{ ...first!, timeline: mute }], []]) {
    const html = renderReport(JSON.parse(JSON.stringify(withOutcomes(...outcomes))));
    assert.ok(!/NaN|null|undefined|Infinity/.test(html));
  }
});
