// hit-path-memory.test — cached answers leave nothing on the heap, and allocate next to nothing on the way.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { dnsperf } from '../lab/dnsperf.ts';
import { MeasuredResolver } from '../lab/measured-resolver.ts';
import { a } from '../lab/records.ts';
import { ScriptedUpstream } from '../lab/scripted-upstream.ts';
import { replying } from '../lab/scripts.ts';

/** Of the whole process: what timers, counters and the compiler leave behind. One object a hit would be 16 bytes × hits. */
const allowedGrowth = 100_000;
/** A nursery of 1 MiB is collected when it is full, so that many bytes a collection were allocated at most. */
const nursery = 1 << 20;
const questions = Array.from({ length: 20 }, (_, i) => `name-${i}.example A`);

interface Outcome {
  readonly growth: number;
  readonly collections: number;
  readonly hits: number;
}

async function measure(t: TestContext, hits: number, leaky: boolean): Promise<Outcome> {
  const upstream = await ScriptedUpstream.start(replying({ answer: [a('192.0.2.7', { ttl: 80_000 })] }));
  t.after(() => upstream.stop());
  const resolver = await MeasuredResolver.start(t, upstream.endpoint, { leaky });
  const ask = async (count: number) => {
    const counts = await dnsperf(resolver.endpoint, { questions, rounds: count / questions.length });
    assert.equal(counts.answered, count, counts.output);
    assert.equal(counts.rcodes.get('NOERROR'), count, counts.output);
  };
  await ask(100_000); // fills the cache, and lets V8 compile what is hot
  const before = await resolver.figures(true);
  const start = await resolver.figures(false);
  await ask(hits);
  const end = await resolver.figures(false);
  const after = await resolver.figures(true);
  assert.equal(upstream.asked('name-0.example').length, 1, 'asked upstream once');
  return {
    growth: after.heapUsed + after.external - before.heapUsed - before.external,
    collections: end.collections - start.collections,
    hits: end.events.readyAnswers - start.events.readyAnswers,
  };
}

test('half a million hits leave less than 100 KB on the heap', { timeout: 60_000 }, async (t) => {
  const hits = 500_000;
  const outcome = await measure(t, hits, false);
  t.diagnostic(`${outcome.growth} bytes more, ${outcome.collections} collections`);
  assert.equal(outcome.hits, hits);
  assert.ok(outcome.growth < allowedGrowth, `${outcome.growth} bytes`);
  const bytesPerHit = (outcome.collections * nursery) / hits;
  assert.ok(bytesPerHit < 24, `${bytesPerHit} bytes a hit; the least object takes 32`);
});

test('one object kept a hit is found by the same measurement', { timeout: 30_000 }, async (t) => {
  const outcome = await measure(t, 100_000, true);
  t.diagnostic(`${outcome.growth} bytes more, ${outcome.collections} collections`);
  assert.ok(outcome.growth > allowedGrowth, `${outcome.growth} bytes`);
});
